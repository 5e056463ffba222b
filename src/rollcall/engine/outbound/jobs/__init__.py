"""Batch runs that send."""
