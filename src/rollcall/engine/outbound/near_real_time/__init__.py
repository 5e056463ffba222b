"""Near real time: edits become submissions, and a worker attends to each sync."""
