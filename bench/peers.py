"""What Rollcall is compared with, each as a process of its own: `python -m bench.peers NAME ...`.

Each peer gets the file without its bad rows, since none of them gets through the other one whole
(bench/soundness.py), and the form of its job that serves it best.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo

_KEY = "SSID"
_DLT_DATABASE = "dlt"


def duckdb_read(path: str) -> None:
    """The limit: DuckDB reads the file's bytes into nothing."""
    import duckdb

    columns = ", ".join(f'max("{name}")' for name in _names(path))
    query = f"SELECT {columns} FROM read_csv($1, header = true, all_varchar = true, delim = ',')"
    with duckdb.connect() as database:
        database.execute(query, [path]).fetchall()


def csvkit_pandas(path: str, students: str, current: str, folder: str) -> None:
    """What people use now: csvclean, then pandas. Students to add, change and look into as CSV.

    Made easy for it: the records it compares with (`current`) are in the file's own form already,
    it neither checks values nor matches by name, and writes nothing to the database.
    """
    import pandas as pd

    cleaned = Path(folder) / "cleaned.csv"
    _csvclean(path, cleaned)
    text: dict[str, Any] = {"dtype": str, "keep_default_na": False}
    file = pd.read_csv(cleaned, **text)
    students_with_id = pd.read_csv(students, **text)[["local_id", "state_id"]]
    students_with_id = students_with_id[students_with_id["state_id"] != ""]
    before = pd.read_csv(current, **text)
    merged = file.merge(students_with_id, left_on=_KEY, right_on="state_id", how="left")
    merged[merged["local_id"].isna()].to_csv(Path(folder) / "unmatched.csv")
    matched = merged[merged["local_id"].notna()]
    both = matched.merge(before, on=_KEY, suffixes=("", "_before"))
    fields = [name for name in file.columns if name != _KEY]
    differs = pd.concat([both[name] != both[f"{name}_before"] for name in fields], axis=1)
    both[differs.any(axis=1)].to_csv(Path(folder) / "changed.csv")


def _csvclean(path: str, cleaned: Path) -> None:
    """Its own command. Exit code 1 is what it gives for the columns that are empty throughout."""
    import subprocess

    command: list[str | Path] = [Path(sys.executable).with_name("csvclean"), "-a", path]
    with cleaned.open("wb") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"csvclean ended with {done.returncode}")


def dlt_documented(path: str, url: str, folder: str) -> None:
    """dlt as its pages show it: the filesystem source, its CSV reader, merge by primary key."""
    from dlt.sources.filesystem import filesystem, read_csv

    files = filesystem(bucket_url=Path(path).parent.as_uri(), file_glob=Path(path).name)
    rows = files | read_csv(chunksize=10_000, dtype=str, keep_default_na=False)
    _dlt_merge(rows, url, folder, "documented")


def dlt_arrow(path: str, url: str, folder: str) -> None:
    """dlt at its fastest here: Arrow batches, loaded by COPY, merge by primary key."""
    import dlt

    rows = dlt.resource(lambda: _arrow(path), name="rows")
    _dlt_merge(rows, url, folder, "arrow", loader_file_format="csv")


def _arrow(path: str) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv

    text = csv.ConvertOptions(column_types=dict.fromkeys(_names(path), pa.string()))
    reading = csv.ReadOptions(block_size=16 << 20)
    for batch in csv.open_csv(path, read_options=reading, convert_options=text):
        yield pa.Table.from_batches([batch])


def _dlt_merge(rows: Any, url: str, folder: str, dataset: str, **how: Any) -> None:
    import dlt

    pipeline = dlt.pipeline(
        pipeline_name=dataset,
        pipelines_dir=folder,
        destination=dlt.destinations.postgres(credentials=dlt_address(url)),
        dataset_name=dataset,
    )
    rows.apply_hints(table_name="table_a", write_disposition="merge", primary_key=_KEY)
    pipeline.run(rows, **how).raise_on_failed_jobs()


def dlt_environment(folder: Path) -> dict[str, str]:
    """Settings of dlt: its state in `folder`, no telemetry, no time spent on packing."""
    return {
        "DLT_DATA_DIR": str(folder),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "DATA_WRITER__DISABLE_COMPRESSION": "true",
    }


def dlt_address(url: str) -> str:
    """The address of dlt's own database on the same server.

    dlt needs a host; the socket that follows is the one that is used.
    """
    parts = conninfo.conninfo_to_dict(url)
    host = str(parts["host"]).replace("/", "%2F")
    return f"postgresql://{parts['user']}:{parts['password']}@localhost/{_DLT_DATABASE}?host={host}"


def make_dlt_database(url: str) -> None:
    """An empty database for dlt on the server at `url`."""
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(f"DROP DATABASE IF EXISTS {_DLT_DATABASE}")
        database.execute(f"CREATE DATABASE {_DLT_DATABASE}")


def tidy_dlt_database(url: str) -> None:
    """End what a stopped dlt left running and free what merges left: each round finds the same."""
    other_sessions = "datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(dlt_address(url), autocommit=True) as database:
        database.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {other_sessions}"
            " AND backend_type = 'client backend'"
        )
        database.execute("VACUUM ANALYZE")


def _names(path: str) -> list[str]:
    with Path(path).open(encoding="utf-8") as file:
        return file.readline().strip().split(",")


PEERS: dict[str, Callable[..., None]] = {
    "duckdb": duckdb_read,
    "csvkit": csvkit_pandas,
    "dlt": dlt_documented,
    "dlt-arrow": dlt_arrow,
}

if __name__ == "__main__":
    PEERS[sys.argv[1]](*sys.argv[2:])
