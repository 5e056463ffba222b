"""The pages about students: search, timeline, edits, unmatched rows, decisions."""
