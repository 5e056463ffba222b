"""Sending: what an integration declares of it, the port to a partner, and how fast to send."""
