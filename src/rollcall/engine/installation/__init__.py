"""The installation as a whole: its state, its disk, its database, its backups."""
