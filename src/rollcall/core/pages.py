"""Pages that an integration has of its own, as data: the console makes pages of them.

The console adds the address, who is let in, the place in the navigation, the pages of a long list
and the links to students; the integration says what is shown and has the template.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from rollcall.core.plans.context import Context


@dataclass(frozen=True)
class Asked:
    """What a page is asked for: the settings of the district's syncs of this integration by their
    names, what stands in the address, and the moment.
    """

    settings: Mapping[str, Any]
    query: Mapping[str, str]
    context: Context


@dataclass(frozen=True)
class Shown:
    """What a page shows: `rows` in their order, of which the console shows a part, and further
    `values` for the template. Where rows have a `local_id`, each gets the number of its `student`.
    """

    rows: pl.DataFrame
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A page of an integration.

    `name`: a part of its address. `about`: what it is for, in a sentence, where there is no sync.
    `template`: in the integration's `templates/`; it gets `rows` as mappings, `links` (the part
    frame/parts/forward_pages.html shows them) and the values. `views`: the record frames it reads.
    `show(frames, asked)`: pure. `needs`: the ability people need. `after`: the page that it follows
    in the navigation.
    """

    name: str
    title: str
    about: str
    template: str
    show: Callable[[Mapping[str, pl.DataFrame], Asked], Shown]
    views: tuple[str, ...] = ()
    needs: str = "view"
    after: str = "students"
