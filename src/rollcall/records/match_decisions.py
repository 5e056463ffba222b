"""Whether people decided anything about rows since a moment."""

from psycopg import sql

from rollcall.core.problems import Problem
from rollcall.records.copying import Database
from rollcall.records.read import check_moment

_SINCE = sql.SQL(
    """SELECT EXISTS (
        SELECT FROM change_log WHERE district_id = {district} AND record = 'match_decision'
            AND txid >= pg_snapshot_xmin({moment}) AND NOT pg_visible_in_snapshot(txid, {moment})
            AND key ->> 'integration' = {integration}
    )"""
)


def decided_since(conn: Database, district_id: int, moment: str, integration: str) -> bool:
    """Whether a decision about this integration's rows was made or taken back after `moment` (see
    `records.read.snapshot`; "" or one of another database: yes, for nobody can tell).
    """
    if not moment:
        return True
    try:
        check_moment(conn, moment)
    except Problem:
        return True
    query = _SINCE.format(
        district=sql.Literal(district_id),
        moment=sql.SQL("{}::pg_snapshot").format(sql.Literal(moment)),
        integration=sql.Literal(integration),
    )
    (decided,) = conn.execute(query).fetchone() or (True,)
    return bool(decided)
