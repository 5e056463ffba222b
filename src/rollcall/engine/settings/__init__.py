"""What is configured: for a sync, a connection, a district and the installation."""
