"""What only the real venue can prove of the promises that orders rest on."""
