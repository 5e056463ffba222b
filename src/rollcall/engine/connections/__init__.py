"""What a connection may reach, and its test."""
