"""The kinds of partners Rollcall knows: a folder each, and a line each here.

Nothing here imports an integration: Django reads the names before any model can be imported.
"""

NAMES = (
    "casemis",
    "edfi",
    "roster",
)
