"""Alerts, and the health of the syncs."""
