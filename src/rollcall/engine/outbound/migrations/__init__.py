"""The tables of outbound sending."""
