"""Sending records to partners' APIs: near real time and in batch runs."""
