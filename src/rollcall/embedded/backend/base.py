"""The connection of that backend, under the name where Django looks for it."""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.conninfo import conninfo_to_dict

from rollcall.embedded import bring_back, database_url


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to the embedded server."""

    def get_connection_params(self) -> dict[str, Any]:
        """Where the embedded server is; it is started when it does not run."""
        return {**conninfo_to_dict(database_url()), **super().get_connection_params()}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; where nobody answers, once more after the server was started."""
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            if not bring_back():
                raise
        return super().get_new_connection(conn_params)
