"""rollcall documents."""

import click

from rollcall.access.audit import Action
from rollcall.cli.common import (
    audit,
    command,
    district_option,
    json_option,
    print_json,
    say,
    wrong_usage,
)
from rollcall.cli.lookups import the_sync
from rollcall.engine.outbound.figures import document_pages, json_shapes
from rollcall.engine.outbound.figures.document_pages import Document

_STATES = ("refused", "waiting", "parent", "held", "accepted")


@click.command()
@click.argument("sync")
@click.option("--student", metavar="LOCAL_ID", help="All of this student, whatever their state.")
@click.option("--state", type=click.Choice(_STATES), default="refused", show_default=True)
@click.option("--resource", default="", help="Of this resource; needed for accepted ones.")
@click.option("--after", type=int, help="Go on behind the document of this number.")
@click.option("--limit", default=50, show_default=True, help="How many.")
@district_option
@json_option
@command
def documents(
    sync: str,
    student: str | None,
    state: str,
    resource: str,
    after: int | None,
    limit: int,
    district: str | None,
    as_json: bool,
) -> None:
    """List documents that SYNC's partner has refused, or others behind a number of the flow: why,
    in the partner's own words, and what to do.
    """
    if state == "accepted" and not (resource or student):
        wrong_usage("Say of which resource: --resource students")
    found = the_sync(sync, district)
    if student is not None:
        listed = document_pages.of_student(found, student)
    else:
        listed = document_pages.listed(
            found, resource, document_pages.Which(state), after, limit
        ).documents
    audit(found.district, Action.SAW, f"documents of {found.name}", shown=len(listed))
    if as_json:
        print_json([json_shapes.document(one) for one in listed])
        return
    for one in listed:
        _show(one)


def _show(one: "Document") -> None:
    key = ", ".join(one.key.values())
    say(f"{one.number}  {one.title}: {key}  {one.kind} {one.state}, {one.at:%Y-%m-%d %H:%M}Z")
    if one.text or one.code:
        say(f"    {one.text} [{one.code}]")
    if one.what_to_do:
        say(f"    What to do: {one.what_to_do} Who: {one.who}.")
