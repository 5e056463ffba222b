"""Settings as values: their fields, differences, schedules, retention and limits."""
