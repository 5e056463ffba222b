"""Too few connections are said when a process starts, not when a run needs one."""

import pytest
from django.db import connection
from structlog.testing import capture_logs

from rollcall.core.problems import Problem
from rollcall.engine.installation import database_connections


def test_more_than_can_ever_be_had_is_a_problem_with_both_numbers(wired: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        (allowed,) = cursor.fetchone()
    with pytest.raises(Problem) as raised:
        database_connections.check(int(allowed) + 1)
    assert raised.value.code == "database.too_few_connections"
    assert f"{int(allowed) + 1} are needed" in raised.value.detail


def test_what_others_have_now_is_a_warning(wired: None) -> None:
    limits = database_connections._limits()
    with capture_logs() as logs:
        database_connections.check(min(limit.most for limit in limits))
        database_connections.check(0)
    assert [one["event"] for one in logs] == ["too few database connections are free"]


def test_the_limit_of_the_database_counts_too(wired: None) -> None:
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 7")
        try:
            with pytest.raises(Problem, match="8 are needed, 7 are allowed"):
                database_connections.check(8)
        finally:
            cursor.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
