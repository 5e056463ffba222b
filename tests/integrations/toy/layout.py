"""The bus company's file: a row for each pass, in exactly these columns."""

from rollcall.core.files.layouts import Field, Kind, Layout

PASSES = Layout(
    "bus_passes",
    "Bus passes",
    (
        Field("Pass", "pass_number", Kind.TEXT, "Pass number"),
        Field("StateID", "state_id", Kind.TEXT, "State ID"),
        Field("LastName", "last_name", Kind.TEXT, "Last name"),
        Field("FirstName", "first_name", Kind.TEXT, "First name"),
        Field("Born", "birth_date", Kind.DATE, "Birth date"),
        Field("Route", "route", Kind.TEXT, "Route", help="the number on the bus"),
        Field("Stop", "stop", Kind.TEXT, "Stop"),
        Field("ValidFrom", "valid_from", Kind.DATE, "Valid from"),
    ),
)
