"""docs/benchmarks-edfi.md from the figures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

RESOURCES = (
    "students",
    "calendars",
    "studentSchoolAssociations",
    "studentEducationOrganizationAssociations",
    "studentProgramAssociations",
)
_LATENCY = 0.03
_FASTER, _CHEAPER, _OF_IDEAL = 5, 10, 0.9
_HALF, _NEARLY_ALL = 250, 1_000

Aim = tuple[str, str, bool]


def page(results: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    parts = [_opening(results), _aims(results), _sent(results), _slow(results)]
    parts += [_unchanged(results), *([_edits(results["edits"])] if results["edits"] else [])]
    return "\n\n".join(parts) + "\n"


def _opening(results: Mapping[str, Any]) -> str:
    machine = "\n".join(f"- {label}: {value}" for label, value in results["machine"].items())
    return f"""# Benchmarks of sending

Written by `{results["command"]}`. The figures as data:
`bench/edfi.json`. Both senders get a fresh stand-in state (`rollcall.sandbox.edfi`, on the same
two cores) and send the same documents; each figure is a whole process from start to exit.
Rollcall's has the planning in it: reading the records, checking them, making the documents and
comparing them with the mirror, and the mirror is written to PostgreSQL as answers come. lightbeam
gets the documents ready as files. So does `limit`: our HTTP client alone, without records,
planning, database or mirror (`bench.edfi_limit`), which shows what this machine, the stand-in and
libcurl leave to be gained.

{machine}"""


def _aims(results: Mapping[str, Any]) -> str:
    rows = [(aim, got, "met" if met else "**not met**") for aim, got, met in _checked(results)]
    return "## Aims\n\n" + _table(("aim", "measured", ""), rows)


def _checked(results: Mapping[str, Any]) -> Iterator[Aim]:
    for sent in results["sent"]:
        for way in ("plain", "tls"):
            yield from _against(sent[way], f"{sent[way]['documents']:,} documents, {way}")
    for slow in results["slow"]:
        mine, ideal = slow["rollcall"], slow["at_once"] / _LATENCY
        part, sending = mine["a_second"] / ideal, slow["documents"] / mine["sending"] / ideal
        limit = slow["limit"]["a_second"] / ideal
        aim = f"{_OF_IDEAL:.0%} of what {slow['at_once']} at once allow at 30 ms"
        got = f"{part:.0%}; {sending:.0%} while sending; limit {limit:.0%}"
        yield aim, got, part >= _OF_IDEAL
    again = results["sent"][-1]["lightbeam_again"]["seconds"]
    unchanged = results["unchanged"]
    seconds = unchanged["rollcall"]["seconds"]
    aim = f"nothing changed of {unchanged['documents']:,}: quicker than lightbeam with "
    aim += f"{results['sent'][-1]['plain']['documents']:,}"
    yield aim, f"{seconds:.1f} s against {again:.1f} s", seconds < again
    if results["edits"]:
        yield from _of_edits(results["edits"])


def _against(both: Mapping[str, Any], what: str) -> Iterator[Aim]:
    theirs = both["lightbeam"]
    faster, fastest = (both[who]["a_second"] / theirs["a_second"] for who in ("rollcall", "limit"))
    cheaper, least = (theirs["cpu_ms"] / both[who]["cpu_ms"] for who in ("rollcall", "limit"))
    aim = f"{what}: {_FASTER}x lightbeam's documents a second"
    yield aim, f"{faster:.1f}x; limit {fastest:.1f}x", faster >= _FASTER
    aim = f"{what}: a tenth of its processor time a document"
    yield aim, f"1/{cheaper:.1f}; limit 1/{least:.1f}", cheaper >= _CHEAPER


def _of_edits(edits: Mapping[str, Any]) -> Iterator[Aim]:
    half, most = edits["p50_ms"], edits["p99_ms"]
    yield f"edit to accepted: half within {_HALF} ms", f"{half:.0f} ms", half <= _HALF
    yield f"99 of 100 within {_NEARLY_ALL} ms", f"{most:.0f} ms", most <= _NEARLY_ALL
    wrong = edits["missed"] + edits["stale"]
    yield "no edit missed, none stale", f"{edits['missed']} and {edits['stale']}", wrong == 0


def _sent(results: Mapping[str, Any]) -> str:
    rows = [
        _row(f"{sent[way]['documents']:,}, {way}", who, sent[way][who])
        for sent in results["sent"]
        for way in ("plain", "tls")
        for who in _SENDERS
    ]
    return "## All documents for the first time\n\n" + _table(_HEAD, rows)


def _slow(results: Mapping[str, Any]) -> str:
    rows = [
        _row(f"{slow['documents']:,}, {slow['at_once']} at once", who, slow[who])
        for slow in results["slow"]
        for who in _SENDERS
    ]
    return "## When an answer takes 30 ms\n\n" + _table(_HEAD, rows)


def _unchanged(results: Mapping[str, Any]) -> str:
    last, unchanged = results["sent"][-1], results["unchanged"]
    rows = [
        _row(f"{unchanged['documents']:,}", "rollcall", unchanged["rollcall"]),
        _row(f"{last['plain']['documents']:,}", "lightbeam", last["lightbeam_again"]),
    ]
    return "## Once more, with nothing changed\n\n" + _table(_HEAD, rows)


def _edits(edits: Mapping[str, Any]) -> str:
    return f"""## From an edit to the state's yes

`python -m bench.edfi_edits`: {edits["edits"]:,} edits of as many students by plain SQL,
{edits["rate"]} a second, with two workers; the one that sends is killed with -9 in the middle.
From the commit to the moment the state has accepted it: half within {edits["p50_ms"]:.0f} ms,
99 of 100 within {edits["p99_ms"]:.0f} ms, the slowest {edits["max_ms"]:.0f} ms.
Missed: {edits["missed"]}; older than the records at the end: {edits["stale"]}."""


#: As the figures name them. `limit`: bench.edfi_limit.
_SENDERS = ("rollcall", "lightbeam", "limit")
_HEAD = (
    *("documents", "", "seconds", "of it sending", "a second"),
    *("CPU ms each", "database CPU ms each", "peak MB", "the state holds"),
)


def _row(what: str, who: str, figure: Mapping[str, Any]) -> Sequence[str]:
    at_state = figure.get("held")
    over = "over " if figure["over_limit"] else ""
    return (
        what,
        who,
        f"{over}{figure['seconds']:.1f}",
        f"{figure['sending']:.1f}" if "sending" in figure else "",
        f"{figure['a_second']:,}",
        f"{figure['cpu_ms']:.3f}",
        f"{figure['server_cpu_ms']:.3f}",
        f"{figure['peak_mb']:,}",
        "" if at_state is None else f"{at_state:,}",
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:" for _ in head[1:]], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
