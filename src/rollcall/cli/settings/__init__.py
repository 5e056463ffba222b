"""Commands about syncs, connections, schedules and other settings."""
