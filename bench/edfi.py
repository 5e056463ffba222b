"""`python -m bench.edfi`: sending to an Ed-Fi API, beside lightbeam.

Both send the same documents to the same stand-in state, each to a fresh one, as whole processes.
Then with an answer that takes 30 ms, at several numbers of requests at once; then once more with
nothing changed. Writes docs/benchmarks-edfi.md and bench/edfi.json; `bench.edfi_edits` measures
how long an edit takes to be accepted.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import edfi_report, edfi_world, machine, ours
from bench.edfi_world import State
from bench.measure import Measured

_ROOT = Path(__file__).resolve().parents[1]
_OUT = _ROOT / "bench" / "out" / "edfi"
#: Documents a student has in the made-up district, about.
_A_STUDENT = 3.2
_POOL = 8


def main() -> None:
    """Measure, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.edfi", description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[40_000, 200_000])
    parser.add_argument("--unchanged", type=int, default=1_000_000)
    parser.add_argument("--slow", type=int, default=40_000, help="documents sent at 30 ms")
    parser.add_argument("--limit", type=float, default=600, help="seconds lightbeam may take")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    sent = [_sent(count, arguments.limit) for count in arguments.documents]
    results: dict[str, Any] = {
        "command": " ".join(["python -m bench.edfi", *sys.argv[1:]]),
        "machine": machine.described(load),
        "sent": sent,
        "slow": _slow(arguments.slow, arguments.limit),
        "unchanged": _unchanged(arguments.unchanged),
    }
    (_ROOT / "bench" / "edfi.json").write_text(json.dumps(results, indent=2) + "\n")
    edits = _ROOT / "bench" / "edfi_edits.json"
    results["edits"] = json.loads(edits.read_text()) if edits.exists() else None
    (_ROOT / "docs" / "benchmarks-edfi.md").write_text(edfi_report.page(results))


def _figure(done: Measured, documents: int, at: State | None) -> dict[str, Any]:
    figure = {
        "seconds": round(done.seconds, 2),
        "a_second": round(documents / done.seconds),
        "cpu_ms": round(done.cpu * 1_000 / documents, 4),
        "server_cpu_ms": round(done.server_cpu * 1_000 / documents, 4),
        "peak_mb": round(done.peak_mb),
        "over_limit": done.over_limit,
    }
    if at is not None:
        documents_at_state = at.counts()["documents"]
        figure["held"] = sum(documents_at_state[name] for name in edfi_report.RESOURCES)
    print(" ", figure, flush=True)
    return figure


def _sending(result: Mapping[str, Any]) -> float:
    """Seconds of a run in which documents were sent."""
    (step,) = (candidate for candidate in result["steps"] if candidate["step"] == "send")
    began, ended = (datetime.fromisoformat(step[name]) for name in ("started_at", "finished_at"))
    return round((ended - began).total_seconds(), 2)


def _district(count: int, body: Callable[[ours.Installation, list[str]], Any]) -> Any:
    """Do something with a fresh installation whose records call for about `count` documents."""
    home = _OUT / str(count)
    shutil.rmtree(home, ignore_errors=True)
    print(f"{count:,} documents", flush=True)
    with ours.installation(home) as installation:
        schools = edfi_world.load(installation, round(count / _A_STUDENT))
        return body(installation, schools)


def _sent(count: int, limit: float) -> dict[str, Any]:
    def body(ours_: ours.Installation, schools: list[str]) -> dict[str, Any]:
        figures: dict[str, Any] = {}
        for way in ("plain", "tls"):
            tls = way == "tls"
            figures[way] = _both(ours_, schools, way, limit, tls=tls, again=not tls)
        figures["lightbeam_again"] = figures["plain"].pop("lightbeam_again")
        figures["tls"].pop("lightbeam_again")
        return {"asked": count, **figures}

    return dict(_district(count, body))


def _both(  # noqa: PLR0913 - the parts of one comparison
    installation: ours.Installation,
    schools: list[str],
    name: str,
    limit: float,
    *,
    tls: bool = False,
    latency_ms: float = 0,
    pool: int = _POOL,
    again: bool = True,
) -> dict[str, Any]:
    """The two side by side, each with a fresh state."""
    folder = installation.home / f"payloads-{name}"
    with edfi_world.state(schools, tls=tls, latency_ms=latency_ms) as at:
        edfi_world.declare(installation, at, name, max(pool, 8) if latency_ms else 32)
        documents = edfi_world.payloads(installation, name, folder)
        done, result = edfi_world.ran(installation, name, "start_year")
        mine = {**_figure(done, documents, at), "sending": _sending(result)}
    with edfi_world.state(schools, tls=tls, latency_ms=latency_ms) as at:
        at_once = pool if latency_ms else 32
        least = _figure(edfi_world.limit(at, folder, at_once), documents, at)
    with edfi_world.state(schools, tls=tls, latency_ms=latency_ms) as at:
        theirs = _figure(edfi_world.lightbeam(at, folder, pool, limit), documents, at)
        repeated = (
            _figure(edfi_world.lightbeam(at, folder, pool, limit), documents, at) if again else None
        )
    return {
        "documents": documents,
        "rollcall": mine,
        "lightbeam": theirs,
        "limit": least,
        "lightbeam_again": repeated,
    }


def _slow(count: int, limit: float) -> list[dict[str, Any]]:
    def body(installation: ours.Installation, schools: list[str]) -> list[dict[str, Any]]:
        return [
            {
                "at_once": pool,
                **_both(
                    installation,
                    schools,
                    f"slow{pool}",
                    limit,
                    latency_ms=30,
                    pool=pool,
                    again=False,
                ),
            }
            for pool in (8, 32, 128)
        ]

    return list(_district(count, body))


def _unchanged(count: int) -> dict[str, Any]:
    """Send, then run again: everything is compared and nothing is sent."""

    def body(installation: ours.Installation, schools: list[str]) -> dict[str, Any]:
        with edfi_world.state(schools) as at:
            edfi_world.declare(installation, at, "whole", 32)
            _, first = edfi_world.ran(installation, "whole", "start_year")
            documents = sum(counts["added"] for counts in first["counts"].values())
            done, result = edfi_world.ran(installation, "whole", "start_year")
            sent = sum(counts["added"] + counts["updated"] for counts in result["counts"].values())
            assert sent <= documents / 1_000, "something was sent again"
            return {"documents": documents, "rollcall": _figure(done, documents, None)}

    return dict(_district(count, body))


if __name__ == "__main__":
    main()
