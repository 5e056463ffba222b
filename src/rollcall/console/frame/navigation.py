"""The navigation: a list that pages are added to."""

from collections.abc import Iterator
from dataclasses import dataclass

from rollcall.access.roles import Ability
from rollcall.console.frame.visit import Visit


@dataclass(frozen=True)
class Entry:
    """A link in the navigation. `page`: the name of its route; `pages`: the names of the routes
    below it, on which it is shown as the present one ("run" covers "run-rows").
    """

    title: str
    page: str
    needs: Ability = Ability.VIEW
    pages: tuple[str, ...] = ()


#: The navigation of a district, in this order, for those with the ability.
NAVIGATION: tuple[Entry, ...] = (
    Entry("Home", "home", pages=("sync", "schedule", "flow")),
    Entry("Runs", "runs", pages=("run", "review")),
    Entry("Students", "students", pages=("student",)),
    Entry("Unmatched", "unmatched", pages=("unmatched",)),
    Entry("Alerts", "alerts", pages=("alerts",)),
    Entry("Connections", "connections", Ability.RUN, pages=("connection",)),
    Entry("Settings", "settings", Ability.ADMINISTER, pages=("settings",)),
)


@dataclass(frozen=True)
class Link:
    """A link or a tab for a template. `present`: it is the page that is shown."""

    title: str
    address: str
    present: bool


def links(visit: Visit, here: str) -> Iterator[Link]:
    """The navigation of a visit on the page named `here`."""
    for entry in NAVIGATION:
        if visit.may(entry.needs):
            present = here == entry.page or here.split("-", maxsplit=1)[0] in entry.pages
            yield Link(entry.title, visit.url(entry.page), present)
