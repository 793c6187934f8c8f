"""The exchange on sockets: /info and /ws."""
