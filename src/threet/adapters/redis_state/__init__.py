"""Small shared state in Redis: newest prices, fetch memory, budget, heartbeats."""
