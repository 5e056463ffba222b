"""Stories in a real browser."""
