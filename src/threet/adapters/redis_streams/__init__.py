"""The event bus on Redis streams; the only place with stream keys."""
