"""Seeded fault plans."""
