"""What a connection can reach, and its test."""
