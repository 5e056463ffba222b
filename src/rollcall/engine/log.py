"""The log: what happened to which run, and never whom it was about (promise 8).

A key that is not in ALLOWED is dropped, and so is a value that is not a number, a short text or an
id; an error is logged by its type and place, not by its message; of a library's message the values
are left out. Our own messages are constants, which a test checks in the source.
"""

import logging
import sys
import traceback
from pathlib import Path
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

#: Every key a log line may have. None of them ever holds data about a person.
ALLOWED = frozenset(
    {
        *("event", "level", "timestamp", "logger"),
        *("run", "sync", "district", "integration", "connection", "test", "attempt"),
        *("state", "step", "code", "rows", "count", "seconds"),
        *("job", "task", "queue", "worker", "signal"),
        *("error_type", "caused_by", "place", "places", "dropped"),
    }
)
_LONGEST = 200
_DEEPEST = 20
#: Libraries that write their messages with the values in them, none of which is about a person:
#: a job's arguments are the ids of runs.
_HARMLESS = ("procrastinate",)


def configure(*, service: bool) -> None:
    """Set the log up for this process; it may be called again.

    A service (worker, server) writes a JSON object a line to stderr, from INFO on. The command
    line writes plain lines, warnings and errors only. Libraries are heard from WARNING on.
    """
    level = logging.INFO if service else logging.WARNING
    render: Processor = structlog.processors.JSONRenderer() if service else _plain
    structlog.configure(
        processors=[*_PROCESSORS, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up anew each time: whoever runs a command in-process replaces sys.stderr.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_FromLibraries()], force=True)


def _by_type_and_place(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace an exception by its type, what caused it, and where it came from."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error_type"] = type(error).__name__
        # The lines it passed on its way, the innermost last.
        trace = traceback.extract_tb(error.__traceback__)[-_DEEPEST:]
        places = [(Path(frame.filename), frame) for frame in trace]
        event["places"] = [
            f"{path.parent.name}/{path.name}:{frame.lineno} {frame.name}" for path, frame in places
        ]
        if cause := error.__cause__ or error.__context__:
            event["caused_by"] = type(cause).__name__
    return event


def _only_allowed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop what may not be logged, and say how much that was."""
    allowed = {key: value for key, value in event.items() if key in ALLOWED and _harmless(value)}
    if dropped := len(event) - len(allowed):
        allowed["dropped"] = dropped
    return {key: str(value) if isinstance(value, UUID) else value for key, value in allowed.items()}


def _harmless(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST
    if isinstance(value, list):
        return all(isinstance(part, str) and _harmless(part) for part in value)
    return value is None or isinstance(value, bool | int | float | UUID)


_PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _by_type_and_place,
    _only_allowed,
]


def _plain(_: WrappedLogger, __: str, event: EventDict) -> str:
    """A line for a person at a terminal."""
    level, text = event.pop("level"), event.pop("event", "")
    event.pop("timestamp")
    event.pop("places", None)
    return f"{level}: {text}" + "".join(f" {key}={value}" for key, value in event.items())


class _FromLibraries(logging.Handler):
    """Passes on what libraries log: their message without the values, and where it was given."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record through our own log."""
        structlog.get_logger().log(
            record.levelno,
            _template(record),
            logger=record.name,
            place=f"{record.module}:{record.lineno}",
            exc_info=record.exc_info,
        )


def _template(record: logging.LogRecord) -> str:
    """The message before its values were put in; without one, only the fact that there was one."""
    if record.name.split(".")[0] in _HARMLESS:
        return record.getMessage()[:_LONGEST]
    return str(record.msg)[:_LONGEST] if record.args else "a message without a template"
