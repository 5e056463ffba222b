"""What the figures were measured on: the machine, the versions, the day."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

_PACKAGES = ("polars", "duckdb", "dlt", "csvkit", "pandas", "pyarrow", "psycopg")


def described(load: float) -> dict[str, str]:
    """Label and value, in the order shown. No path and no name of the machine.

    `load`: the load average before the first measurement.
    """
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": _commit(),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "versions": f"Python {platform.python_version()}, PostgreSQL {_postgresql()}, {versions}",
        "load before": f"{load:.1f} processes waiting or running (1 minute average)",
    }


def _commit() -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = " with uncommitted changes" if git("status", "--porcelain", "src") else ""
    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + changed


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            models = [
                line.split(":", 1)[1].strip() for line in file if line.startswith("model name")
            ]
    except OSError:
        models = []
    return models[0] if models else platform.machine()


def _postgresql() -> str:
    from rollcall.embedded.programs import VERSION

    return f"{VERSION} (embedded)"
