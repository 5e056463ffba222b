"""Documents for a partner's API: declared, written and read as JSON, and paced."""
