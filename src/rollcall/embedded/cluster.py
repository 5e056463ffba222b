"""The embedded database's folder: what is in it, how it is made, how clients name it."""

import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from rollcall.core.problems import Problem
from rollcall.embedded import codes, programs

#: Settings written once, for one machine with other work to do; an administrator may change them.
TUNING = {
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "max_connections": "50",
    "random_page_cost": "1.1",
    # Our statements are many and short, or few and wide: compiling them never paid.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
#: The longest socket path every supported system takes (macOS: 103 bytes, Linux: 107).
_LONGEST_SOCKET = 103


@dataclass(frozen=True)
class Cluster:
    """One embedded database: `folder` is ROLLCALL_HOME/database."""

    folder: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder; the server's user owns it. The socket is in it too."""
        return self.folder / "data"

    @property
    def password(self) -> Path:
        """The file of the generated password, readable by its owner alone."""
        return self.folder / "password"

    @property
    def start_lock(self) -> Path:
        """Held alone by the one process that initializes or starts the server."""
        return self.folder / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Held shared by every process that uses the server."""
        return self.folder / "users.lock"

    @property
    def server_lock(self) -> Path:
        """Held alone by the server's processes themselves, as long as one of them lives."""
        return self.folder / "server.lock"

    @property
    def start_log(self) -> Path:
        """What the server said before its log file was open."""
        return self.data / "start.log"

    def url(self) -> str:
        """The libpq URL of the database. Problem `database.password` without a password file."""
        try:
            password = self.password.read_text()
        except FileNotFoundError as error:
            raise Problem(codes.PASSWORD, "there is no such file") from error
        host = quote(str(socket_folder(self.data)), safe="")
        return f"postgresql://rollcall:{password}@/rollcall?host={host}&port=5432"

    def prepare(self, durable: bool = True) -> None:
        """Make the database unless it is there. Only while holding `start_lock`."""
        version = self.data / "PG_VERSION"
        if not version.exists():
            self._make_password()
            # Make the data folder beside its place and move it there whole.
            draft = self.folder / "data.new"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o700)
            if user := programs.server_user():
                os.chown(draft, user.pw_uid, user.pw_gid)
            options = ["--pgdata={data}", "--username=rollcall"]
            options += ["--auth=scram-sha-256", "--encoding=UTF8"]
            # PostgreSQL's own C.UTF-8: the same order on every machine, whatever its C library.
            options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            options += [f"--set={name}={value}" for name, value in TUNING.items()]
            options += [] if durable else ["--no-sync"]
            with tempfile.TemporaryFile() as password:
                password.write(self.password.read_bytes())
                password.seek(0)
                if initdb_user := programs.server_user():
                    os.fchown(password.fileno(), initdb_user.pw_uid, initdb_user.pw_gid)
                options.append(f"--pwfile=/dev/fd/{password.fileno()}")
                programs.run("initdb", draft, options, fds=[password.fileno()])
            alone = ["--single", "-D", "{data}", "postgres"]
            programs.run("postgres", draft, alone, stdin="CREATE DATABASE rollcall\n")
            draft.rename(self.data)
        elif (made_by := version.read_text().strip()) != str(programs.VERSION):
            detail = f"its version is {made_by}, this Rollcall has {programs.VERSION}"
            raise Problem(codes.OTHER_VERSION, detail)

    def _make_password(self) -> None:
        if self.password.exists():
            return
        draft = self.folder / "password.new"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(32))
        draft.rename(self.password)


def socket_folder(data: Path) -> Path:
    """A name of the socket's folder short enough for a socket's address.

    The folder itself where that is short enough, else a link to it in a private folder of ours
    under the temporary folder. Problem `database.folder_not_ours` when someone else made that.
    """
    if len(os.fsencode(data / ".s.PGSQL.5432")) <= _LONGEST_SOCKET:
        return data
    private = f"rollcall-{os.geteuid()}-{sha256(os.fsencode(data)).hexdigest()[:12]}"
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - made private below
        link = base / private / "data"
        if len(os.fsencode(link / ".s.PGSQL.5432")) <= _LONGEST_SOCKET:
            break
    folder = link.parent
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o170077 != 0o040000:
        raise Problem(codes.NOT_OURS, str(folder))
    if not link.is_symlink() or link.readlink() != data:
        # In one step for whoever looks at it meanwhile.
        draft = link.with_name(f"{link.name}-{os.getpid()}")
        draft.symlink_to(data)
        draft.rename(link)
    return link
