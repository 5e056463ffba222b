"""The flow, near real time and the rules report in the shapes that `--json` and the API give."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rollcall.engine.models import Sync
from rollcall.engine.outbound.figures.document_pages import Document
from rollcall.engine.outbound.figures.figures import Flow, NearRealTime
from rollcall.engine.outbound.problems import rules_report


def flow(figures: Flow) -> dict[str, Any]:
    """The numbers by resource and in all; times as ISO texts."""
    return {
        "resources": [_plain(asdict(resource)) for resource in figures.resources],
        "total": _plain(asdict(figures.total)),
        "near_real_time": near_real_time(figures.near_real_time),
        **_plain({name: getattr(figures, name) for name in ("records_at", "oldest")}),
        "edits": figures.edits,
        "trouble": figures.trouble,
    }


def near_real_time(state: NearRealTime) -> dict[str, Any]:
    """Whether edits are sent by themselves, since when and by whom."""
    return _plain(asdict(state))


def document(document_page: Document) -> dict[str, Any]:
    """A document behind a number."""
    return _plain(asdict(document_page))


def rules(sync: Sync) -> dict[str, Any]:
    """What is known of the report of the partner's rules."""
    report = rules_report.report_of(sync)
    upload, look = rules_report.last_upload(sync), rules_report.last_look(sync)
    return {
        "title": report.title if report else "",
        "help": report.help if report else "",
        "last_upload": _plain(asdict(upload)) if upload else None,
        "last_look": _plain({"at": look.at, "by": look.by}) if look else None,
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }
