"""The web pages. For now the status pages: syncs and runs in numbers, without student data."""
