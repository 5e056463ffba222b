"""A run from its start to its end: fetch, read, apply, report, approve, undo."""
