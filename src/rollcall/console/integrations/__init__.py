"""Pages that integrations declare."""
