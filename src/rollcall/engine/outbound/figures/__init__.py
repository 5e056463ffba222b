"""The figures of a sync that sends, the documents behind each, and their JSON."""
