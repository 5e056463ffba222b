"""What can be wrong with the embedded database, in words."""

from rollcall.core.findings import Codes, Severity

_WHO = "whoever runs Rollcall"

FAILED = Codes.add(
    "database.start_failed",
    Severity.ERROR,
    "Rollcall's own database did not start.",
    "Read the last lines of its log below; free disk space is the most frequent cause. "
    "Then start Rollcall again: nothing is lost by trying.",
    _WHO,
)
PROGRAM = Codes.add(
    "database.program_failed",
    Severity.ERROR,
    "A program of Rollcall's own database ended with an error.",
    "Read its last lines below, mend what they name, and start Rollcall again.",
    _WHO,
)
OTHER_VERSION = Codes.add(
    "database.other_version",
    Severity.ERROR,
    "The database folder was written by another major version of PostgreSQL; it was not touched.",
    "Use the Rollcall release that wrote it to export the records, then load them into a new "
    "folder; or move the data to a PostgreSQL server and set DATABASE_URL.",
    _WHO,
)
PASSWORD = Codes.add(
    "database.password",
    Severity.ERROR,
    "The password file of Rollcall's own database is missing or does not fit the database.",
    "Put back the file `database/password` of ROLLCALL_HOME from a backup.",
    _WHO,
)
NO_USER = Codes.add(
    "database.no_user",
    Severity.ERROR,
    "Rollcall runs as root, and the user its database is to run as could not be made.",
    "Make a system user named rollcall-db, run Rollcall as an ordinary user, or set DATABASE_URL.",
    _WHO,
)
NOT_OURS = Codes.add(
    "database.folder_not_ours",
    Severity.ERROR,
    "A folder the database needs belongs to another user of this machine or is open to others.",
    "Remove that folder, or choose another ROLLCALL_HOME.",
    _WHO,
)
