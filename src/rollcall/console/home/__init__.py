"""The first pages a person sees: their districts, and the syncs of one."""
