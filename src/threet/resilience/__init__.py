"""Back-off, restart policy and supervision as state machines."""
