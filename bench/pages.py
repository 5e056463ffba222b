"""`python -m bench.pages`: how long the pages take where there is much to show.

1,000,000 students and special-education records, a run of 1,000,000 rows, 10,000 runs. The real
server answers on loopback, one request at a time over one kept connection, and the time to the
last byte is measured here: what the server takes and a little more. Each declared page is asked
for, with parts of addresses filled from the large run; lists also far behind their first page.
Writes docs/benchmarks-pages.md and bench/pages.json.
"""

import argparse
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench import machine, ours
from bench.data import Files

_ROOT = Path(__file__).resolve().parents[1]
_OUT = _ROOT / "bench" / "out"
_HOME = _OUT / "pages" / "home"
_WORLD = _OUT / "pages" / "world.json"
_AIM = 0.1  # seconds: the median of every page is to stay below
_TIMES = 20
#: Pages asked for with a query, by route: lists far behind their beginning, and filters.
_QUERIES = {
    "runs": ("before=5000", "state=done"),
    "run-rows": ("after=500000", "outcome=unmatched", "outcome=rejected", "line=765432"),
    "run-changes": ("after=5000", "kind=update", "field=plan_type"),
}
#: Parts of the page that a person downloads as a whole, not a list to look at.
_DOWNLOADS = re.compile(r"-csv$|-file$|-report$|-failed$|download")
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


def main() -> None:
    """Prepare, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--again", action="store_true", help="measure what was prepared before")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with (ours.running if arguments.again else ours.installation)(_HOME) as installation:
        if not arguments.again:
            _prepare(installation, arguments.rows, arguments.runs)
        world = json.loads(_WORLD.read_text())
        with _serving(installation) as port:
            pages = [_measured(port, world, *page) for page in _addresses(world)]
            pages.append(_search(port, world))
    results = {
        "command": " ".join(["python -m bench.pages", *sys.argv[1:]]),
        "rows": arguments.rows,
        "runs": arguments.runs,
        "machine": machine.described(load),
        "pages": pages,
    }
    (_ROOT / "bench" / "pages.json").write_text(json.dumps(results, indent=2) + "\n")
    (_ROOT / "docs" / "benchmarks-pages.md").write_text(_page(results))
    slow = [page for page in pages if page["median"] >= _AIM]
    print(f"{len(pages) - len(slow)} of {len(pages)} pages below {_AIM * 1000:.0f} ms")
    for page in slow:
        print(f"  {page['page']}: {page['median'] * 1000:.0f} ms")


def _prepare(installation: ours.Installation, rows: int, runs: int) -> None:
    files = _files(rows)
    for step, done in ours.prepare(installation, files):
        print(f"{step}: {done.seconds:.1f} s", flush=True)
    installation.run(files.path("measured"), test=False)
    _WORLD.write_text(json.dumps(_world(installation, runs)))


def _files(rows: int) -> Files:
    folder = _OUT / str(rows) / "data"
    command = [sys.executable, "-m", "bench.data", str(rows), "2016", str(folder)]
    subprocess.run(command, check=True)
    return Files(folder, rows)


def _environment(installation: ours.Installation) -> dict[str, str]:
    own = {"ROLLCALL_HOME": str(installation.home), "DATABASE_URL": installation.url}
    return {**os.environ, **own}


def _world(installation: ours.Installation, runs: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.pages_world", str(runs)]
    done = subprocess.run(
        command, env=_environment(installation), capture_output=True, text=True, check=True
    )
    world: dict[str, Any] = json.loads(done.stdout)
    return world


@contextmanager
def _serving(installation: ours.Installation) -> Iterator[int]:
    """`rollcall serve` on a free port, until it answers and as long as we are inside."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    environ = {**_environment(installation), "ROLLCALL_URL": f"http://127.0.0.1:{port}"}
    command = [str(ours.ROLLCALL), "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL) as server:
        try:
            _wait(port)
            yield port
        finally:
            server.terminate()


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise ours.BenchError("the server does not answer")


def _addresses(world: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(page, address) of every declared page that is looked at, and of the lists' further pages."""
    parts = world["parts"]
    for name, route in world["routes"]:
        names = _CONVERTER.findall(route)
        if _DOWNLOADS.search(name) or not set(names) <= set(parts):
            continue
        address = "/" + _CONVERTER.sub(lambda part: str(parts[part[1]]), route)
        yield name, address
        for query in _QUERIES.get(name, ()):
            yield f"{name}?{query}", f"{address}?{query}"


def _measured(port: int, world: dict[str, Any], page: str, address: str) -> dict[str, Any]:
    """Ask for a page once to warm up, then many times."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Cookie": f"sessionid={world['session']}"}
    status, size, _ = _ask(connection, address, headers)
    if status not in (200, 302):
        raise ours.BenchError(f"{page}: status {status}")
    times = [_ask(connection, address, headers)[2] for _ in range(_TIMES)]
    print(f"{page}: {median(times) * 1000:.0f} ms", flush=True)
    return {"page": page, "status": status, "bytes": size, **_figures(times)}


def _figures(times: list[float]) -> dict[str, float]:
    return {"median": round(median(times), 4), "p95": round(quantiles(times, n=20)[-1], 4)}


def _ask(
    connection: http.client.HTTPConnection,
    address: str,
    headers: dict[str, str],
    body: str | None = None,
) -> tuple[int, int, float]:
    """(status, bytes, seconds to the last byte)."""
    begin = time.perf_counter()
    connection.request("GET" if body is None else "POST", address, body=body, headers=headers)
    answer = connection.getresponse()
    size = len(answer.read())
    return answer.status, size, time.perf_counter() - begin


def _search(port: int, world: dict[str, Any]) -> dict[str, Any]:
    """Look students up by the beginning of a name, as the search form does."""
    parts = world["parts"]
    address = f"/d/{parts['district']}/students/"
    token = "x" * 32
    headers = {
        "Cookie": f"sessionid={world['session']}; csrftoken={token}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": f"http://127.0.0.1:{port}{address}",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times = []
    for turn in range(_TIMES + 1):
        text = parts["last_name"][: 2 + turn % 4]
        form = {"text": text, "q": text, "csrfmiddlewaretoken": token}
        body = urllib.parse.urlencode(form)
        status, size, seconds = _ask(connection, address, headers, body)
        if status not in (200, 302):
            raise ours.BenchError(f"search: status {status}")
        times.append(seconds)
    return {"page": "students, searching", "status": status, "bytes": size, **_figures(times[1:])}


def _page(results: dict[str, Any]) -> str:
    """docs/benchmarks-pages.md."""
    facts = "\n".join(f"- {label}: {text}" for label, text in results["machine"].items())
    rows = "\n".join(
        f"| {page['page']} | {page['median'] * 1000:.0f} | {page['p95'] * 1000:.0f} "
        f"| {page['bytes'] / 1000:.0f} | {'' if page['median'] < _AIM else '**slower**'} |"
        for page in sorted(results["pages"], key=lambda page: -page["median"])
    )
    below = sum(page["median"] < _AIM for page in results["pages"])
    return f"""# How fast the pages are

Written by `{results["command"]}`. {results["rows"]:,} students with a special-education record
each, a run of {results["rows"]:,} rows, {results["runs"]:,} runs. Milliseconds from request to the
last byte on loopback, {_TIMES} requests a page one after another, after one to warm up. The aim is
a median under {_AIM * 1000:.0f} ms: {below} of {len(results["pages"])} pages meet it.

{facts}

| page (its route, and the query) | median ms | 95th percentile ms | kB | |
| --- | ---: | ---: | ---: | --- |
{rows}

`bench/pages.py` asks for every page that is declared in `rollcall.console.urls`, downloads apart.
"""


if __name__ == "__main__":
    main()
