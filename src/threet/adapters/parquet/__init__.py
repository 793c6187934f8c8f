"""Candles as Parquet files, for whoever works with them elsewhere."""
