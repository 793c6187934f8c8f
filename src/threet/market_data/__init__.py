"""Which candles are due, what closes a bar, what a price is worth by its age."""
