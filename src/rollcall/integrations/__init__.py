"""The kinds of partners Rollcall knows: one folder each, one line each here."""

from rollcall.integrations import casemis, roster

INTEGRATIONS = (casemis.INTEGRATION, roster.INTEGRATION)
