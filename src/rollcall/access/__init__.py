"""Who can do what: people, their roles in a district, API tokens, and the audit log."""
