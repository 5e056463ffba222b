"""Whom a row is about: matching by id or by name and birth date, and explaining it."""
