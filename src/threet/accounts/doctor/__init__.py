"""The doctor: what stands between this installation and its next trade (B11)."""
