"""Commands about students and unmatched rows."""
