"""The demo: districts with a history, and what waits for you."""
