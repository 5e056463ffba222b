"""Uploaded files, as the engine receives them from pages and programs alike."""

from rollcall.engine.uploads import BUNDLE, received

__all__ = ["BUNDLE", "received"]
