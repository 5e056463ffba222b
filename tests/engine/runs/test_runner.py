"""A run from beginning to end: what it writes, what it says, and when it writes nothing."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from tests.town import RowMaker, Town

from rollcall.engine.models import RunState
from rollcall.engine.runs.results import exit_code, result
from rollcall.engine.settings import configure


def matched(table_a: RowMaker, **more: str) -> str:
    return table_a(
        SSID="0000000001", LAST_NAME="GARCIA", FIRST_NAME="ELENA", DISABILIT1="240", **more
    )


def put(town: Town, students: pl.DataFrame, *lines: str) -> None:
    town.load({"students": students})
    town.drop("A.csv", ("\r\n".join(lines) + "\r\n").encode())


class TestALiveRun:
    def test_adds_the_record_and_says_so(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        put(town, students, matched(table_a, PLAN_TYPE="10"))
        run = town.run()
        assert run.state == RunState.DONE
        assert run.counts["students"] == {
            "read": 1, "matched": 1, "unmatched": 0, "duplicate": 0, "ambiguous": 0, "rejected": 0,
            "added": 1, "updated": 0, "ended": 0, "removed": 0, "unchanged": 0,
        }  # fmt: skip
        (record,) = town.special_education()
        assert (record["local_id"], record["plan_type"]) == ("100001", "10")

    def test_stamps_the_date_processed_in_the_districts_zone(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        from rollcall.records.models import RecordStamp

        put(town, students, matched(table_a))
        run = town.run()
        stamp = RecordStamp.objects.get(district=town.district, record="special_education")
        assert (stamp.updated_on, stamp.run_id) == (date(2016, 12, 5), run.pk)

    def test_mails_the_numbers_and_the_reports(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        put(town, students, matched(table_a))
        town.run()
        mail = town.mails()[-1]
        assert mail["To"] == "data@example.org"
        body = mail.get_body()
        assert body is not None
        assert "Students: matched" in body.get_content()
        names = {part.get_filename() for part in mail.iter_attachments()}
        assert "CASEMIS_TypeA_ImportedRecords.csv" in names

    def test_row_errors_give_exit_code_1(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        put(town, students, matched(table_a), matched(table_a, PLAN_TYPE="99"))
        run = town.run()
        assert run.counts["students"]["rejected"] == 1
        assert exit_code(run) == 1

    def test_blank_participation_stays_and_non_blank_replaces(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        put(town, students, matched(table_a, FILLER1="11", FILLER2="22"))
        town.run()
        town.drop("A.csv", matched(table_a, FILLER2="33").encode())
        town.run()
        (record,) = town.special_education()
        assert (record["participation1"], record["participation2"]) == ("11", "33")


class TestATestRun:
    def test_writes_nothing_and_says_so(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        put(town, students, matched(table_a))
        run = town.run(test=True)
        assert run.counts["students"]["added"] == 1
        assert town.special_education() == []
        mail = town.mails()[-1]
        assert "TEST: no data was written" in mail["Subject"]
        attached = [part.get_filename() or "" for part in mail.iter_attachments()]
        assert attached
        assert all(name.startswith("TEST_CASEMIS_") for name in attached)

    def test_plans_what_the_live_run_then_does(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        put(town, students, matched(table_a), table_a(SSID="9999999999"))
        test, live = town.run(test=True), town.run()
        assert (test.plan_sha256, test.counts) == (live.plan_sha256, live.counts)


class TestOldNews:
    def test_the_same_file_again_is_a_finding_and_no_change(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        put(town, students, matched(table_a))
        town.run()
        again = town.run()
        assert again.state == RunState.UNCHANGED
        assert [one["code"] for one in again.findings] == ["file.unchanged"]

    def test_unless_it_is_forced(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        put(town, students, matched(table_a))
        town.run()
        assert town.run(forced=True).state == RunState.DONE

    def test_a_corrected_report_sent_in_between_makes_the_file_no_newer(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker, tmp_path: Path
    ) -> None:
        put(town, students, matched(table_a), matched(table_a, PLAN_TYPE="99"))
        town.run()
        corrected = tmp_path / "corrected.csv"
        corrected.write_text(matched(table_a, PLAN_TYPE="10"))
        assert town.run(uploads={"students": corrected}).state == RunState.DONE
        assert town.run().state == RunState.UNCHANGED

    def test_a_missing_file_fails_with_a_text_and_a_mail(self, town: Town) -> None:
        run = town.run()
        assert (run.state, run.error_code) == (RunState.FAILED, "file.missing")
        assert exit_code(run) == 4
        assert "Failed" in town.mails()[-1]["Subject"]

    def test_an_empty_file_fails(self, town: Town) -> None:
        town.drop("A.csv", b"")
        assert town.run().error_code == "file.empty"

    def test_a_file_still_being_written_is_waited_for(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        import os

        put(town, students, matched(table_a))
        seconds = town.clock.now().timestamp()
        os.utime(town.outgoing / "A.csv", (seconds, seconds))
        assert town.run().state == RunState.DONE
        assert town.clock.slept


class TestGuards:
    def small(self, **limits: Any) -> dict[str, Any]:
        return {"minimum_population": 1, **limits}

    def test_hold_the_run_before_anything_is_written(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        town.apply(guards=self.small(rejected={"percent": 10}))
        put(town, students, matched(table_a), matched(table_a, PLAN_TYPE="99"))
        run = town.run()
        assert run.state == RunState.HELD
        assert exit_code(run) == 3
        assert town.special_education() == []
        assert "guard.exceeded" in [one["code"] for one in result(run)["findings"]]

    def test_compare_a_files_size_with_the_last_file_that_came_the_same_way(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker, tmp_path: Path
    ) -> None:
        town.apply(guards=self.small(unmatched={"percent": 100}, update={"percent": 100}))
        put(
            town, students, matched(table_a), table_a(SSID="0000000098"), table_a(SSID="0000000099")
        )
        town.run()
        corrected = tmp_path / "corrected.csv"
        corrected.write_text(matched(table_a, PLAN_TYPE="10"))
        assert town.run(uploads={"students": corrected}).state == RunState.DONE
        town.drop("A.csv", matched(table_a, PLAN_TYPE="15").encode())
        truncated = town.run()
        assert truncated.state == RunState.HELD
        assert "decrease" in [guard["guard"] for guard in truncated.guards if guard["tripped"]]

    def test_only_warn_in_a_test_run(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        town.apply(guards=self.small(rejected={"percent": 10}))
        put(town, students, matched(table_a), matched(table_a, PLAN_TYPE="99"))
        run = town.run(test=True)
        assert run.state == RunState.DONE
        assert any(guard["tripped"] for guard in run.guards)


class TestPause:
    def test_a_paused_sync_starts_no_live_run(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        import pytest

        from rollcall.core.problems import Problem
        from rollcall.engine.runs.pausing import pause

        pause(town.sync, town.clock)
        with pytest.raises(Problem, match="paused"):
            town.run()

    def test_stops_what_is_queued(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        from rollcall.engine.runs.pausing import pause
        from rollcall.engine.runs.starting import start

        put(town, students, matched(table_a))
        queued = start(town.sync, town.clock, by="schedule")
        pause(town.sync, town.clock)
        assert town.execute(queued).state == RunState.STOPPED
        assert town.special_education() == []

    def test_stops_a_run_under_way_before_it_writes(
        self, town: Town, students: pl.DataFrame, table_a: RowMaker
    ) -> None:
        from rollcall.engine.runs.pausing import pause
        from rollcall.engine.runs.starting import start

        put(town, students, matched(table_a))

        def watch(step: str, rows: int) -> None:
            if step == "guard":
                pause(town.sync, town.clock)

        run = start(town.sync, town.clock, by="person")
        assert town.execute(run, watcher=watch).state == RunState.STOPPED
        assert town.special_education() == []


def test_the_same_file_is_news_in_another_school_year(
    town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    put(town, students, matched(table_a))
    town.run()
    document = town.document()
    document["district"]["school_year"] = "2017-2018"
    configure.apply(document, {}, town.clock, "tester")
    assert town.run().state == RunState.DONE


def test_the_same_file_is_no_news_under_another_schedule(
    town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    put(town, students, matched(table_a))
    town.run()
    town.apply(schedule={"days": ["mon"], "at": ["18:30"], "enabled": True})
    assert town.run().state == RunState.UNCHANGED
