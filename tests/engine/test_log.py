"""Whatever is handed to the log, no student data comes out of it."""

import ast
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog
from tests import source

from rollcall.engine import log

LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}
NAME = "Zoë Marlow-Tester"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    """What a service wrote: one JSON object a line."""
    log.configure(service=True)

    def read() -> list[dict[str, Any]]:
        out, err = capsys.readouterr()
        assert out == ""
        assert NAME not in err
        return [json.loads(line) for line in err.splitlines()]

    return read


def fail(name: str) -> None:
    try:
        int(name)
    except ValueError as error:
        raise KeyError(name) from error


def test_a_service_writes_one_json_object_a_line(lines: Any) -> None:
    structlog.get_logger().info("run started", run=7, sync="casemis", test=True, seconds=1.5)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        **{"event": "run started", "level": "info"},
        **{"run": 7, "sync": "casemis", "test": True, "seconds": 1.5},
    }


def test_keys_that_are_not_allowed_are_dropped_and_counted(lines: Any) -> None:
    structlog.get_logger().warning("row kept", run=7, student=NAME, row={"last": NAME})
    (line,) = lines()
    assert line["run"] == 7
    assert line["dropped"] == 2
    assert not {"student", "row"} & line.keys()


@pytest.mark.parametrize("value", [{"name": NAME}, [NAME, 1], (NAME,), NAME * 20, NAME.encode()])
def test_values_that_could_hold_a_row_are_dropped_whatever_their_key(
    lines: Any, value: object
) -> None:
    structlog.get_logger().info("odd", code=value)
    (line,) = lines()
    assert "code" not in line


def test_an_id_is_written_as_text(lines: Any) -> None:
    structlog.get_logger().info("odd", run=UUID(int=1))
    assert lines()[0]["run"] == "00000000-0000-0000-0000-000000000001"


def log_calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of a module's `log` in the product, with its place."""
    for file, tree in source.modules().items():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=attr)) if (
                    attr in LEVELS
                ):
                    yield f"{file}:{node.lineno}", node


def test_no_message_of_ours_is_put_together_and_no_key_is_dropped() -> None:
    """What the filter cannot see: a value written into the message itself."""
    calls = list(log_calls())
    assert calls
    for place, call in calls:
        assert len(call.args) == 1, place
        assert isinstance(call.args[0], ast.Constant), place
        assert {keyword.arg for keyword in call.keywords} <= log.ALLOWED, place


def test_bound_context_is_filtered_too(lines: Any) -> None:
    with structlog.contextvars.bound_contextvars(run=7, student=NAME):
        structlog.get_logger().info("step done")
    (line,) = lines()
    assert (line["run"], line["dropped"]) == (7, 1)


def test_an_error_is_logged_by_type_cause_and_place_not_by_message(lines: Any) -> None:
    try:
        fail(NAME)
    except KeyError:
        structlog.get_logger().exception("run failed", run=7)
    (line,) = lines()
    assert (line["error_type"], line["caused_by"]) == ("KeyError", "ValueError")
    assert line["places"][-1].startswith("engine/test_log.py:")
    assert line["places"][-1].endswith(" fail")


def test_a_library_message_comes_without_its_values(lines: Any) -> None:
    logging.getLogger("some.library").warning("cannot save %s", NAME)
    (line,) = lines()
    assert line["event"] == "cannot save %s"
    assert line["logger"] == "some.library"
    assert line["place"].startswith("test_log:")


def test_a_library_message_made_beforehand_is_only_mentioned(lines: Any) -> None:
    logging.getLogger("some.library").error(f"cannot save {NAME}")
    (line,) = lines()
    assert line["event"] == "a message without a template"


def test_a_library_error_comes_without_its_message(lines: Any) -> None:
    try:
        fail(NAME)
    except KeyError:
        logging.getLogger("some.library").exception("failed on %s", NAME)
    (line,) = lines()
    assert line["error_type"] == "KeyError"


def test_libraries_are_heard_from_warning_on(lines: Any) -> None:
    logging.getLogger("some.library").info("chatter %s", 1)
    assert lines() == []


def test_the_jobs_library_keeps_its_words(lines: Any) -> None:
    logging.getLogger("procrastinate.worker").error("Job carry_out[4](run=7) failed")
    assert lines()[0]["event"] == "Job carry_out[4](run=7) failed"


def test_the_command_line_is_quiet_and_plain(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(service=False)
    structlog.get_logger().info("run started", run=7)
    structlog.get_logger().warning("job taken over", job=4, student=NAME)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "warning: job taken over job=4 dropped=1\n"


def test_setting_it_up_twice_does_not_write_twice(lines: Any) -> None:
    log.configure(service=True)
    logging.getLogger("some.library").warning("once %s", 1)
    assert len(lines()) == 1
