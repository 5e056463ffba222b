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
    sync_argument,
    wrong_usage,
)
from rollcall.cli.lookups import the_sync
from rollcall.engine.outbound.figures import document_pages, json_shapes

_STATES = ("refused", "waiting", "parent", "held", "accepted")


@click.command()
@sync_argument
@click.option("--student", metavar="LOCAL_ID", help="All of this student, whatever their state.")
@click.option("--state", type=click.Choice(_STATES), default="refused", show_default=True)
@click.option("--resource", default="", help="Of this resource; needed for accepted ones.")
@click.option("--after", type=int, help="Go on behind the document of this number.")
@click.option("--limit", default=50, show_default=True, help="How many.")
@district_option
@json_option
@command
def documents(
    sync_name: str,
    student: str | None,
    state: str,
    resource: str,
    after: int | None,
    limit: int,
    district_code: str | None,
    as_json: bool,
) -> None:
    """List documents that SYNC's partner refused, or others behind a number of the flow: why, as
    the partner put it, and what to do.
    """
    if state == "accepted" and not (resource or student):
        wrong_usage("Say of which resource: --resource students")
    sync = the_sync(sync_name, district_code)
    if student is not None:
        listed = document_pages.of_student(sync, student)
    else:
        which = document_pages.Which(state)
        listed = document_pages.listed(sync, resource, which, after, limit).documents
    audit(sync.district, Action.SAW, f"documents of {sync.name}", shown=len(listed))
    if as_json:
        print_json([json_shapes.document(document) for document in listed])
        return
    for document in listed:
        key = ", ".join(document.key.values())
        state_at = f"{document.kind} {document.state}, {document.at:%Y-%m-%d %H:%M}Z"
        say(f"{document.number}  {document.title}: {key}  {state_at}")
        if document.text or document.code:
            say(f"    {document.text} [{document.code}]")
        if document.what_to_do:
            say(f"    What to do: {document.what_to_do} Who: {document.who}.")
