"""All pages of what a partner has, each asked for again while the partner cannot answer."""

from collections.abc import Callable, Iterator
from functools import partial

import polars as pl

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.core.sending.channel import Channel, Next, Page, Verdict
from rollcall.core.sending.pacing import backoff

NOT_READ = Codes.add(
    "partner.not_read",
    Severity.ERROR,
    "The partner's records could not be read",
    "Test the connection; run it again when the partner answers.",
    "the person who keeps the connection",
)
_TRIES = 5
#: A partner may name a next page for ever; so many have ten million documents of one resource.
_MOST = 20_000


def pages(ask: Callable[[str], Page | Verdict], sleep: Callable[[float], None]) -> Iterator[Page]:
    """Page after page, each asked for when it is taken. `ask(cursor)`: one page, or why there is
    none now; as Channel.page without its first arguments. Problem when a page cannot be read, or
    they do not end.
    """
    cursor = ""
    for _ in range(_MOST):
        page = _page(ask, cursor, sleep)
        yield page
        cursor = page.cursor
        if not cursor:
            return
    raise Problem(NOT_READ, f"more than {_MOST:,} pages")


def _page(
    ask: Callable[[str], Page | Verdict], cursor: str, sleep: Callable[[float], None]
) -> Page:
    text = ""
    for attempt in range(_TRIES):
        page = ask(cursor)
        if isinstance(page, Page):
            return page
        text = page.text
        if page.next is Next.REFUSED:
            break
        sleep(backoff(attempt, page.after))
    raise Problem(NOT_READ, text)


def read_all(
    channel: Channel, resource: str, sleep: Callable[[float], None], about: str = ""
) -> pl.DataFrame:
    """All documents of a resource in one frame, or those of one student: the record's key and
    columns, REMOTE_ID and REMOTE_VERSION. What a run imports when its input is a partner rather
    than a file. Problem when the partner cannot be read.
    """
    ask = partial(channel.page, resource, about)
    return pl.concat([page.documents for page in pages(ask, sleep)])
