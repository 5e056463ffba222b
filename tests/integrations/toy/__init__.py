"""Bus passes: the small integration of docs/how-to/integration.md."""
