"""Desired against actual: intents, and the life of an order."""
