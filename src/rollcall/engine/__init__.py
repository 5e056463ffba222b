"""Carries out what the core decides: syncs, runs, apply, schedules, mail, the worker."""
