"""The pages of runs: a run's numbers, changes, rows, reports, review and undo."""
