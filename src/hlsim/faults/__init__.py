"""Seeded fault plans: what goes wrong, when, and to whom; decided without any I/O."""
