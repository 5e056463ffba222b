"""Rollcall keeps a school district's student records and its partners' records equal."""

__version__ = "0.2.0"
