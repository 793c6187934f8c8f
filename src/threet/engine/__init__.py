"""Event in, decisions out; composes the core, no I/O."""
