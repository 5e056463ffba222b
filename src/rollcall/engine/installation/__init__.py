"""The installation: its state, its disk, its database, its backups."""
