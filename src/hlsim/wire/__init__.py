"""HyperLiquid's JSON, as the exchange writes it."""
