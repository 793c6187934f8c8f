"""The composition root: settings in, wired objects out; nothing happens on import."""
