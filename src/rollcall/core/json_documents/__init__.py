"""Documents as JSON: columns with their places, written and read. For channels only."""
