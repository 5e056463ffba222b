"""The district's records: tables, change capture, reading, writing and undoing."""
