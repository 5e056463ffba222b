"""The pages of the settings, for admins."""
