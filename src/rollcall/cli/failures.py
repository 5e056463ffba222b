"""Failures in words: what is wrong, what to do, who can do it."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
import structlog
from django.db.utils import OperationalError, ProgrammingError

from rollcall.cli.common import tell
from rollcall.core.problems import Problem
from rollcall.engine.plans.guarding import PLAN_STALE
from rollcall.engine.runs import run_errors
from rollcall.engine.runs.results import FAILED, USAGE
from rollcall.engine.runs.running import INTERNAL
from rollcall.transports.errors import TransportError

log = structlog.get_logger()


@contextmanager
def failing() -> Iterator[None]:
    """Turn problems into a text on stderr and the exit code 2 (wrong usage) or 4 (failed)."""
    try:
        yield
    except Problem as problem:
        tell(problem.sentence, problem.code)
        raise SystemExit(FAILED if _is_failure(problem.code) else USAGE) from None
    except TransportError as error:
        tell(str(error), error.code)
        raise SystemExit(FAILED) from None
    except ProgrammingError as error:
        if "does not exist" not in str(error):
            raise
        click.echo("The database is not set up yet. Run `rollcall migrate` first.", err=True)
        raise SystemExit(USAGE) from None
    except OperationalError as error:
        if known := run_errors.named(error):
            tell(known.sentence, known.code)
            raise SystemExit(FAILED) from None
        click.echo(f"The database cannot be reached: {error}", err=True)
        raise SystemExit(FAILED) from None
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except OSError as error:
        click.echo(f"{error.filename or 'A file'}: {error.strerror}", err=True)
        raise SystemExit(FAILED) from None
    except Exception as error:
        # Python's own way out is code 1, which says "done", and a text that may hold a value.
        log.exception("command failed")
        tell(Problem(INTERNAL, type(error).__name__).sentence, INTERNAL)
        raise SystemExit(FAILED) from None


def _is_failure(code: str) -> bool:
    """Whether nobody asked for anything wrong: the machine or the moment was against it."""
    return code == PLAN_STALE or code.partition(".")[0] in ("database", "disk", "worker")
