"""What workers share in Redis: what was fetched, who fetches, the rate budget."""
