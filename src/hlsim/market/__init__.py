"""Where prices come from: synthetic (seeded) or recorded."""
