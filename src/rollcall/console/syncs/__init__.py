"""The pages of syncs: settings, versions, schedules, connections."""
