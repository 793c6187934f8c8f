"""Numbers, instruments, accounts, limits: pure, in event time."""
