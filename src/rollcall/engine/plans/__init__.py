"""Plans: decided, stored, paged through, explained, and limited before they are applied."""
