"""The navigation: the console's pages, and those of the integrations that a district uses."""

from collections.abc import Iterator
from dataclasses import dataclass

from rollcall.access.roles import Ability
from rollcall.console.frame.visit import Visit
from rollcall.engine import registry
from rollcall.engine.models import Sync


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


def page_name(integration: str, page: str) -> str:
    """The name of the route of an integration's page."""
    return f"of-{integration}-{page}"


def links(visit: Visit, here: str) -> Iterator[Link]:
    """The navigation of a visit on the page named `here`."""
    own_entries = _own_entries(visit)
    for fixed in NAVIGATION:
        for entry in (fixed, *own_entries.get(fixed.page, ())):
            if visit.may(entry.needs):
                present = here == entry.page or here.split("-", maxsplit=1)[0] in entry.pages
                yield Link(entry.title, visit.url(entry.page), present)


def _own_entries(visit: Visit) -> dict[str, list[Entry]]:
    """The pages of the integrations that the district has syncs of, by the page they follow."""
    having = [kind for name in registry.names() if (kind := registry.integration(name)).pages]
    entries: dict[str, list[Entry]] = {}
    if not having:
        return entries
    syncs = Sync.objects.filter(district=visit.district).order_by("integration")
    used = set(syncs.values_list("integration", flat=True).distinct())
    for kind in having:
        for page in kind.pages if kind.name in used else ():
            entry = Entry(page.title, page_name(kind.name, page.name), Ability(page.needs))
            entries.setdefault(page.after, []).append(entry)
    return entries
