"""Seed 001 as a story: a district's scheduled CASEMIS import, from the first file to an undo."""

import email
import email.policy
import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import psycopg
import pytest
from tests.e2e.rollcall import Rollcall
from tests.servers.smtp import PASSWORD, USER, Mailbox, smtp_server

from rollcall.sandbox.casemis.files import (
    Faults,
    MadeFile,
    ServiceFaults,
    make_table_a,
    make_table_b,
    next_day,
)
from rollcall.sandbox.districts.california import make_district, write_bundle
from rollcall.sandbox.sftp_server import SftpServer

CONFIG = """
[district]
code = "6412345"
name = "Demo Unified"
state = "CA"
timezone = "America/Los_Angeles"
school_year = "2016-2017"

[mail]
type = "smtp"
host = "localhost"
port = {mail.port}
user = "{user}"
password = "${{env:MAIL_PASSWORD}}"
ca_certificate = '''{mail.ca_certificate}'''
from = "rollcall@example.com"

[connections.seis]
type = "sftp"
host = "{server.host}"
port = {server.port}
user = "{server.user}"
password = "${{env:SEIS_PASSWORD}}"
directory = "/"
host_key = "{server.host_key}"

[syncs.casemis]
integration = "casemis"
connection = "seis"
recipients = "my_email@example.com, office@example.com"
[syncs.casemis.settings]
students_file = "CASEMISA.csv"
services_file = "CASEMISB.csv"
[syncs.casemis.schedule]
days = ["mon", "wed", "fri"]
at = ["18:30"]
enabled = false
"""
FAULTS = Faults(
    column_count=2, unclosed_quote=2, stray_quote=1, undecodable_byte=1, bad_date=2, bad_code=2,
    unknown_ssid=3, name_match=4, ambiguous=2, no_match=2, duplicate=4,
)  # fmt: skip
REPORTS = {
    "CASEMIS_TypeA_ImportedRecords.csv": "OriginalLineNumber,SSID,StudentID,FirstName,LastName,"
    "Birthdate,Grade",
    "CASEMIS_TypeA_UnmatchedRecords.csv": "OriginalLineNumber,SSID,StudentID,FirstName,LastName,"
    "Birthdate,Grade",
    "CASEMIS_TypeA_Duplicates.csv": "OriginalLineNumber,SSID,FirstName,LastName,Birthdate,Grade",
    "CASEMIS_TypeA_NotInFile.csv": "SSID,FirstName,LastName,Birthdate,Grade",
    "CASEMIS_TypeB_ImportedRecords.csv": "OriginalLineNumber,SSID,StudentID,Service",
    "CASEMIS_TypeB_UnmatchedRecords.csv": "OriginalLineNumber,SSID,StudentID,Service",
}


class Story:
    """The district, its partner's server, its mail, and Rollcall between them."""

    def __init__(self, folder: Path, rollcall: Rollcall, server: SftpServer, mail: Mailbox) -> None:
        self.folder, self.rollcall, self.server, self.mail = folder, rollcall, server, mail
        self.frames = make_district(1_000, seed=1)
        self.students = make_table_a(self.frames["students"], share=0.3, seed=1, faults=FAULTS)
        self.services = make_table_b(
            self.students, self.frames["students"], seed=1, faults=ServiceFaults(5, 3, 2)
        )

    def drop(self, students: MadeFile, services: bytes | None = None) -> None:
        put(self.server.folder / "CASEMISA.csv", students.content)
        put(self.server.folder / "CASEMISB.csv", services or self.services.content)

    def sql(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.rollcall.database, autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []


def put(path: Path, content: bytes) -> None:
    """A file that was finished long ago, by another name of the same time each day."""
    path.write_bytes(content)
    os.utime(path, (1_480_000_000 + len(content), 1_480_000_000 + len(content)))


@pytest.fixture
def story(tmp_path: Path, own_database: str) -> Iterator[Story]:
    for name in ("outgoing", "smtp"):
        (tmp_path / name).mkdir()
    with (
        SftpServer(tmp_path / "outgoing", "rollcall", "secret") as server,
        smtp_server(tmp_path / "smtp") as mail,
    ):
        passwords = {"SEIS_PASSWORD": "secret", "MAIL_PASSWORD": PASSWORD}
        rollcall = Rollcall(tmp_path / "home", own_database, passwords)
        (tmp_path / "rollcall.toml").write_text(CONFIG.format(server=server, mail=mail, user=USER))
        yield Story(tmp_path, rollcall, server, mail)


def test_a_district_imports_its_special_education_files(story: Story) -> None:
    rollcall = story.rollcall
    rollcall("migrate")
    config = str(story.folder / "rollcall.toml")
    rollcall("config", "apply", config, code=2)  # a server of this machine is not allowed yet
    rollcall("installation", "allow", "--district", "6412345", "--address", "loopback")
    rollcall("config", "apply", config)
    export = write_bundle(story.frames, story.folder / "sis")
    loaded = rollcall.json("records", "load", str(export))
    assert loaded["counts"]["students"]["added"] == 1_000

    # The partner drops its files; the connection test finds them.
    story.drop(story.students)
    steps = rollcall.json("connection", "test", "seis")
    assert {step["state"] for step in steps} == {"ok"}

    # The preview says what will happen, and nothing has.
    expected = {
        "students": story.students.counts,
        "services": {**story.services.counts, "rejected": 0},
    }
    preview = rollcall.json("run", "casemis", "--test", code=1)
    assert rows(preview) == expected
    assert story.sql("SELECT count(*) FROM special_education") == [(0,)]

    # The run does what the preview said.
    run = rollcall.json("run", "casemis", code=1)
    assert run["counts"] == preview["counts"]
    matched = expected["students"]["matched"]
    assert story.sql("SELECT count(*) FROM special_education") == [(matched,)]
    check_reports(story, run)
    check_mails(story, run)

    # Each row is explained.
    line = first_line(story.students, "unknown_ssid")
    assert rollcall.json("explain", str(run["run"]), str(line))["outcome"] == "unmatched"

    # A plain edit by anybody shows up in the change log with before and after.
    story.sql("UPDATE special_education SET plan_type = '30' WHERE plan_type = '20'")
    edits = story.sql(
        "SELECT DISTINCT before->>'plan_type', after->>'plan_type' FROM change_log"
        " WHERE kind = 'update' AND run_id IS NULL"
    )
    assert edits in ([("20", "30")], [])

    # The same files again are no news; the next day's are, and only what differs is written.
    assert rollcall.json("run", "casemis")["state"] == "unchanged"
    tomorrow = next_day(story.students, share=0.05)
    story.drop(tomorrow)
    second = rollcall.json("run", "casemis", code=1)
    assert second["counts"]["students"]["updated"] >= tomorrow.expected["changed"].sum()

    # Half a services file is held, and nothing of it is applied.
    half = story.services.content.splitlines(keepends=True)[: story.services.expected.height // 2]
    story.drop(next_day(tomorrow, seed=9), b"".join(half))
    held = rollcall.json("run", "casemis", code=3)
    assert held["state"] == "held"
    assert any(guard["tripped"] and guard["guard"] == "decrease" for guard in held["guards"])
    rollcall("discard", str(held["run"]))

    # The second day is taken back.
    undone = rollcall.json("undo", str(second["run"]))
    assert (
        undone["counts"]["special_education"]["updated"] == second["counts"]["students"]["updated"]
    )
    states = [run["state"] for run in rollcall.json("runs")]
    assert states == ["done", "discarded", "done", "unchanged", "done", "done", "done"]


def rows(result: dict[str, dict[str, dict[str, int]]]) -> dict[str, dict[str, int]]:
    kinds = ("read", "matched", "unmatched", "duplicate", "ambiguous", "rejected")
    return {
        name: {kind: counts[kind] for kind in kinds} for name, counts in result["counts"].items()
    }


def first_line(made: MadeFile, fault: str) -> int:
    return int(made.expected.filter(pl.col("fault") == fault)["line"][0])


def check_reports(story: Story, run: dict[str, int]) -> None:
    folder = story.folder / "reports"
    story.rollcall("reports", str(run["run"]), str(folder))
    for name, header in REPORTS.items():
        assert (folder / name).read_text().splitlines()[0] == header
    imported = pl.read_csv(folder / "CASEMIS_TypeA_ImportedRecords.csv", infer_schema=False)
    matched = story.students.expected.filter(pl.col("outcome") == "matched")
    assert imported["OriginalLineNumber"].cast(pl.Int64).to_list() == matched["line"].to_list()
    assert imported["StudentID"].to_list() == matched["local_id"].to_list()
    rejected = pl.read_csv(folder / "CASEMIS_TypeA_RejectedRecords.csv", infer_schema=False)
    outcomes = ["rejected", "ambiguous"]
    bad = story.students.expected.filter(pl.col("outcome").is_in(outcomes))["line"]
    assert rejected["OriginalLineNumber"].cast(pl.Int64).to_list() == bad.to_list()


def check_mails(story: Story, run: dict[str, int]) -> None:
    about = [message for message in story.mail.messages if f"run {run['run']}," in text_of(message)]
    assert {message["To"] for message in about} == {"my_email@example.com", "office@example.com"}
    names = {part.get_filename() for part in about[0].iter_attachments()}
    assert names >= set(REPORTS)
    counts = story.students.counts
    errors = counts["rejected"] + counts["ambiguous"]
    lines = [" ".join(line.split()) for line in text_of(about[0]).splitlines()]
    for label in ("read", "matched", "unmatched"):
        assert f"Students: {label} {counts[label]}" in lines
    assert f"Students: errors {errors}" in lines
    assert f"Students: duplicates {counts['duplicate']}" in lines


def text_of(message: email.message.EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
