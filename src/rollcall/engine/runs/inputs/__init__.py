"""The inputs of a run: fetched, handed in, unpacked, and read."""
