"""`python -m bench`: measure, compare, and write docs/benchmarks.md and bench/results.json."""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench import machine, report
from bench.data import Files
from bench.session import Session

_ROOT = Path(__file__).resolve().parents[1]
_OUT = _ROOT / "bench" / "out"
_PEERS = ("duckdb", "csvkit", "dlt-arrow", "dlt")
_SIZES = (10_000, 100_000, 1_000_000)
#: Readers are judged on a file of this size at most: what they lose is a matter of kind.
_SOUNDNESS = 100_000


def main() -> None:
    """Measure what the arguments ask for."""
    arguments = _arguments()
    sizes = (10_000,) if arguments.quick else tuple(sorted(arguments.rows))
    begin, load = time.monotonic(), os.getloadavg()[0]

    def say(text: str) -> None:
        print(f"[{time.monotonic() - begin:7.1f} s] {text}", flush=True)

    results: dict[str, Any] = {
        "command": " ".join(["python -m bench", *sys.argv[1:]]),
        "limit": arguments.limit,
        "sizes": [],
    }
    for rows in sizes:
        say(f"{rows:,} rows")
        session = Session(rows, _OUT / str(rows), tuple(arguments.peers), arguments.limit, say)
        results["sizes"].append(session.carry_out(arguments.seed))
    say("what readers make of bad rows")
    results["soundness"] = _soundness(sizes)
    results["machine"] = machine.described(load)
    results["minutes"] = round((time.monotonic() - begin) / 60, 1)
    _write(results, _OUT if arguments.quick else None, say)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=_SIZES, help="sizes to measure")
    parser.add_argument(
        "--quick", action="store_true", help="10,000 rows only, written to bench/out: a smoke test"
    )
    parser.add_argument("--peers", nargs="*", choices=_PEERS, default=_PEERS)
    parser.add_argument("--limit", type=float, default=900, help="seconds a peer may take")
    parser.add_argument("--seed", type=int, default=2016)
    return parser.parse_args()


def _soundness(sizes: tuple[int, ...]) -> dict[str, Any]:
    """The readers' figures on the largest file there is up to _SOUNDNESS rows."""
    rows = max((size for size in sizes if size <= _SOUNDNESS), default=sizes[0])
    files = Files(_OUT / str(rows) / "data", rows)
    command = [sys.executable, "-m", "bench.soundness", str(files.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    bad = files.outcomes("measured").count(b"x")
    return {"rows": rows, "unreadable": bad, "readers": json.loads(done.stdout)}


def _write(results: dict[str, Any], folder: Path | None, say: Any) -> None:
    data = (folder or _ROOT / "bench") / "results.json"
    page = (folder or _ROOT / "docs") / "benchmarks.md"
    data.write_text(json.dumps(results, indent=2) + "\n")
    page.write_text(report.page(results))
    say(f"written: {data.relative_to(_ROOT)}, {page.relative_to(_ROOT)}")
    print(report.aims_text(results))


if __name__ == "__main__":
    main()
