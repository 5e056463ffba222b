"""docs/benchmarks.md from the figures. Pure: the page says nothing that was not measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_TITLES = {
    "test run": "**Rollcall, whole test run**",
    "anew": "Rollcall, the same deciding every line anew",
    "live run": "**Rollcall, whole live run**",
    "next day": "Rollcall, test run of the next day's file",
    "first import": "Rollcall, the very first import (live)",
    "duckdb": "DuckDB reads the clean file into nothing (the limit)",
    "csvkit": "csvkit `csvclean` + pandas merge",
    "dlt-arrow": "dlt merge, its fastest way (Arrow, COPY)",
    "dlt": "dlt merge, the documented way (`filesystem`, `read_csv`)",
}
_COMMANDS = {
    "test run": "rollcall run casemis --test --input students=measured.csv --json",
    "anew": "rollcall run casemis --test --force --input students=measured.csv --json",
    "live run": "rollcall run casemis --input students=measured.csv --json",
    "next day": "rollcall run casemis --test --input students=next.csv --json",
    "first import": "rollcall run casemis --input students=base.csv --json",
    "duckdb": "python -m bench.peers duckdb clean.csv",
    "csvkit": "python -m bench.peers csvkit clean.csv students.csv base.csv FOLDER",
    "dlt-arrow": "python -m bench.peers dlt-arrow clean.csv URL FOLDER",
    "dlt": "python -m bench.peers dlt clean.csv URL FOLDER",
}
_GIB_MB = 2**30 / 1e6

Results = dict[str, Any]


@dataclass(frozen=True)
class Aim:
    """One aim of the project at the largest size measured, and what came of it."""

    text: str
    measured: str
    met: bool


def page(results: Results) -> str:
    """The whole page."""
    parts = [
        _opening(results),
        _aims(results),
        *(_size(size, results["limit"]) for size in reversed(results["sizes"])),
        _growth(results),
        _soundness(results["soundness"]),
        _commands(),
    ]
    return "\n\n".join(parts) + "\n"


def _opening(results: Results) -> str:
    machine = "\n".join(f"- {label}: {text}" for label, text in results["machine"].items())
    return f"""# Benchmarks

Written by `{results["command"]}` (`make bench`), which took {results["minutes"]:.0f} minutes. The
figures as data: `bench/results.json`. Read ratios: all of one size were measured in the same
session, in turns. Each figure is the median over whole processes, from start to exit, imports
included. Peak memory is the largest of all rounds; MB are 10^6 bytes. The database server was
running, as it is beside a worker; what it spent meanwhile stands apart.

{machine}

**The job.** A made-up district of N students whose special-education records are those of the day
before, imported by Rollcall. The file is Table A (67 columns) with a row for every student: 1% of
the rows changed, 0.5% to be rejected (wrong number of columns, unclosed quote, stray quote,
undecodable byte, bad date, bad code), beside them unknown students, rows without SSID, ambiguous
rows and duplicates.
What must become of each row is known. After every run of Rollcall its counts and, row by row, its
reports are compared with that; one row in the wrong place and there are no figures. The peers get
the file without the rejected rows, since they do not get through the other one (see below).

A run carries over what the day before decided about a line, when neither the line nor its student
nor its record has been touched since (docs/decisions/0013-carrying-over.md). With `--force` it
decides every line anew; the plan is the same, and the two are measured side by side."""


def _aims(results: Results) -> str:
    rows = [(a.text, a.measured, "met" if a.met else "**not met**") for a in aims(results)]
    largest = results["sizes"][-1]["rows"]
    return f"## Aims, at {largest:,} rows\n\n" + _table(("aim", "measured", ""), rows, "---")


def aims_text(results: Results) -> str:
    """The aims for the terminal."""
    return "\n".join(
        f"{'met    ' if aim.met else 'NOT MET'}  {aim.text}: {aim.measured}"
        for aim in aims(results)
    )


def aims(results: Results) -> list[Aim]:
    """Every aim that can be judged by what was measured."""
    figures = results["sizes"][-1]["figures"]
    return [*_ratios(figures), *_limits(results)]


def _ratios(figures: Results) -> Iterator[Aim]:
    own, anew = figures["test run"]["seconds"], figures["anew"]["seconds"]
    if "duckdb" in figures:
        for seconds, which in (
            (own, "whole test run"),
            (anew, "the same deciding every line anew"),
        ):
            ratio = seconds / figures["duckdb"]["seconds"]
            yield Aim(f"{which} within 5x of the DuckDB read", f"{ratio:.1f}x", ratio <= 5)
    for name, aim, title in (
        ("dlt", 10, "dlt as documented"),
        ("dlt-arrow", 10, "dlt at its fastest"),
        ("csvkit", 5, "csvkit + pandas"),
    ):
        if name in figures:
            ratio = figures[name]["seconds"] / own
            least = "at least " if figures[name]["over_limit"] else ""
            yield Aim(f"{aim}x ahead of {title}", f"{least}{ratio:.1f}x", ratio >= aim)
    for first, day in (("first import", "the first day's import"), ("anew", "deciding all")):
        ratio = figures["next day"]["seconds"] / figures[first]["seconds"]
        text = f"the next day's file in a tenth of the time of {day} (moonshot)"
        yield Aim(text, f"{ratio:.2f} of it", ratio <= 0.1)


def _limits(results: Results) -> Iterator[Aim]:
    figures = results["sizes"][-1]["figures"]
    peak = max(figures[name]["peak_mb"] for name in ("test run", "live run")) / _GIB_MB
    yield Aim("peak memory under 3 GiB (test and live run)", f"{peak:.2f} GiB", peak < 3)
    if len(results["sizes"]) > 1:
        growth = _growth_factor(results)
        text = "cost linear: seconds a row at the largest size against the one before"
        yield Aim(text, f"{growth:.2f}x", growth <= 1.1)


def _growth_factor(results: Results) -> float:
    before, largest = (_per_million(size, "test run") for size in results["sizes"][-2:])
    return largest / before


def _per_million(size: Results, name: str) -> float:
    return float(size["figures"][name]["seconds"]) * 1e6 / int(size["rows"])


def _size(size: Results, limit: float) -> str:
    own = size["figures"]["test run"]["seconds"]
    names = [name for name in _TITLES if name in size["figures"]]
    rows = [_row(name, size["figures"][name], own, limit) for name in names]
    head = ("", "seconds", "against our test run", "CPU s", "peak MB", "server CPU s", "server MB",
            "rounds")  # fmt: skip
    counts = ", ".join(f"{number:,} {kind}" for kind, number in size["counts"]["measured"].items())
    return (
        f"## {size['rows']:,} rows, {size['file_mb']:.0f} MB\n\n{_table(head, rows)}\n\n"
        f"Counted and true, row by row: {counts}."
    )


def _row(name: str, figure: Results, own: float, limit: float) -> Sequence[str]:
    over = figure["over_limit"]
    return (
        _TITLES[name],
        f"over {limit:.0f}" if over else f"{figure['seconds']:.2f}",
        f"{'over ' if over else ''}{figure['seconds'] / own:.2f}x",
        f"{figure['cpu']:.1f}",
        f"{figure['peak_mb']:.0f}",
        f"{figure['server_cpu']:.1f}",
        f"{figure['server_peak_mb']:.0f}",
        " ".join(f"{seconds:.2f}" for seconds in figure["rounds"]),
    )


def _growth(results: Results) -> str:
    names = ("test run", "anew", "live run", "next day", "duckdb")
    rows = [
        (_TITLES[name], *(_grown(size, name) for size in results["sizes"]))
        for name in names
        if all(name in size["figures"] for size in results["sizes"])
    ]
    head = ("seconds (seconds a million rows)", *(f"{s['rows']:,}" for s in results["sizes"]))
    return (
        f"## How cost grows\n\n{_table(head, rows)}\n\n"
        "What a run costs before its first row (starting Python, connecting, the reports and the "
        "run's own records) weighs in the small sizes."
    )


def _grown(size: Results, name: str) -> str:
    return f"{size['figures'][name]['seconds']:.2f} ({_per_million(size, name):.1f})"


def _soundness(soundness: Results) -> str:
    own = ("**Rollcall**", "0", "0", f"{soundness['unreadable']:,}", "checked in every run above")
    rows = [own] + [
        (r["reader"], f"{r['lost']:,}", f"{r['accepted']:,}", f"{r['reported']:,}", r["note"])
        for r in soundness["readers"]
    ]
    head = ("reader", "good rows lost", "bad rows taken as good", "bad rows reported", "")
    return f"""## What readers make of bad rows

The same file with its bad rows, {soundness["rows"]:,} rows, of which {soundness["unreadable"]:,}
cannot be read (wrong number of columns, unclosed quote, stray quote, undecodable byte). A good row
is lost when it is not delivered just as it stands in the file; a row is taken as good when it is
delivered and stands nowhere in the file as a good one. The caller's own checks (columns, encoding)
count for the reader.

{_table(head, rows)}"""


def _commands() -> str:
    rows = [(_TITLES[name], f"`{command}`") for name, command in _COMMANDS.items()]
    return f"""## The command behind each figure

{_table(("", "command"), rows, "---")}

`bench/data.py` makes the files (`base.csv` the day before, `measured.csv`, `clean.csv` without the
rejected rows, `next.csv` the day after), `bench/peers.py` says what each peer does. What makes it
easier for them: csvkit + pandas compares with records that are in the file's own form already,
checks no value, matches by SSID only and writes nothing to the database. dlt checks no value and
matches nothing; of the rows without SSID it keeps one."""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], align: str = "---:") -> str:
    lines = [head, ["---"] + [align for _ in head[1:]], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
