"""The wall clock; the one file of hlsim where ruff lets it be read."""
