"""The addresses of syncs, their schedules and their connections."""

from rollcall.access.roles import Ability
from rollcall.console.frame.routes import GET, POST, pages_for
from rollcall.console.syncs import (
    connection_test,
    connections,
    new_sync,
    schedule,
    sync,
    sync_settings,
    sync_versions,
)

_viewers = pages_for(Ability.VIEW)
_operators = pages_for(Ability.RUN, POST)
_admins = pages_for(Ability.ADMINISTER, POST)
_SYNC = "syncs/<name:name>/"
_CONNECTION = "connections/<name:connection>/"

urlpatterns = [
    # Not below syncs/ and connections/: there every word can be a name.
    _admins("new-sync/", new_sync.new_sync, "sync-new", GET, POST),
    _viewers(_SYNC, sync.sync, "sync"),
    _operators(f"{_SYNC}run/", sync.run, "sync-run"),
    _operators(f"{_SYNC}pause/", sync.pause, "sync-pause"),
    _operators(f"{_SYNC}resume/", sync.resume, "sync-resume"),
    _operators(f"{_SYNC}test-connection/", connection_test.test_of_sync, "sync-test-connection"),
    _admins(f"{_SYNC}settings/", sync_settings.settings, "sync-settings", GET, POST),
    _admins(f"{_SYNC}delete/", sync.delete, "sync-delete"),
    _viewers(f"{_SYNC}versions/", sync_versions.versions, "sync-versions"),
    _viewers(f"{_SYNC}versions.csv", sync_versions.versions_csv, "sync-versions-csv"),
    _admins(f"{_SYNC}versions/restore/", sync_versions.restore, "sync-restore"),
    _viewers(f"{_SYNC}schedule/", schedule.schedule, "schedule"),
    _admins(f"{_SYNC}schedule/preview/", schedule.preview, "schedule-preview"),
    _admins(f"{_SYNC}schedule/save/", schedule.save, "schedule-save"),
    _admins(f"{_SYNC}schedule/enable/", schedule.enable, "schedule-enable"),
    _admins(f"{_SYNC}schedule/disable/", schedule.disable, "schedule-disable"),
    _operators("connections/", connections.connections, "connections", GET),
    _operators("connections.csv", connections.connections_csv, "connections-csv", GET),
    _admins("new-connection/", connections.new_connection, "connection-new", GET, POST),
    _admins("new-connection/test/", connections.test_draft, "connection-draft"),
    _admins(_CONNECTION, connections.connection, "connection", GET, POST),
    _operators(f"{_CONNECTION}test/", connection_test.test_of_connection, "connection-check"),
    _admins(f"{_CONNECTION}delete/", connections.delete, "connection-delete"),
    _viewers(
        "connection-tests/<number:check>/", connection_test.connection_test, "connection-test"
    ),
]
