"""The kinds of partners Rollcall knows: one folder each, one line each here."""

from rollcall.integrations import casemis, edfi, roster

INTEGRATIONS = (casemis.INTEGRATION, edfi.INTEGRATION, roster.INTEGRATION)
