"""Small shared state in Redis: newest prices, fetch memory, slots, budget, heartbeats."""
