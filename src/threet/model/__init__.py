"""Nouns and their laws; the standard library and msgspec only."""
