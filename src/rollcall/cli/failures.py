"""Failures in words: what is wrong, what to do, who can do it."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
import structlog
from django.db.utils import OperationalError, ProgrammingError

from rollcall.core.findings import Codes
from rollcall.core.problems import Problem
from rollcall.engine.plans.guarding import PLAN_STALE
from rollcall.engine.runs import run_errors
from rollcall.engine.runs.results import FAILED, USAGE
from rollcall.engine.runs.runner import INTERNAL
from rollcall.home import NoHome
from rollcall.transports.errors import TransportError

log = structlog.get_logger()


@contextmanager
def failing() -> Iterator[None]:
    """Turn problems into a text on stderr and the exit code 2 (wrong usage) or 4 (failed)."""
    try:
        yield
    except Problem as problem:
        tell(problem.sentence, problem.code)
        # The usage was right where the machine or the moment was against it.
        area = problem.code.partition(".")[0]
        right = problem.code == PLAN_STALE or area in ("database", "disk", "worker")
        raise SystemExit(FAILED if right else USAGE) from None
    except TransportError as error:
        tell(str(error), error.code)
        raise SystemExit(FAILED) from None
    except ProgrammingError as error:
        if "does not exist" not in str(error):
            raise
        click.echo("The database is not set up yet. Run `rollcall migrate` first.", err=True)
        raise SystemExit(USAGE) from None
    except OperationalError as error:
        if named_problem := run_errors.named(error):
            tell(named_problem.sentence, named_problem.code)
            raise SystemExit(FAILED) from None
        click.echo(f"The database cannot be reached: {error}", err=True)
        raise SystemExit(FAILED) from None
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError, NoHome):
        raise
    except OSError as error:
        click.echo(f"{error.filename or 'A file'}: {error.strerror}", err=True)
        raise SystemExit(FAILED) from None
    except Exception as error:
        # Python's own way out is code 1, which says "done", and a text that can have a value in it.
        log.exception("command failed")
        tell(Problem(INTERNAL, type(error).__name__).sentence, INTERNAL)
        raise SystemExit(FAILED) from None


def tell(sentence: str, code: str) -> None:
    """Say what is wrong, what to do and who can do it."""
    declared = Codes.get(code)
    click.secho(f"{sentence.removesuffix('.')}.", err=True, bold=True)
    click.echo(f"What to do: {declared.what_to_do}\nWho: {declared.who}. [{code}]", err=True)
