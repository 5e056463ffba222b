"""The mirror: our copy of what a partner has, and what has to be sent."""
