"""Samba's own server on loopback, with a password database and folders of its own."""

import getpass
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.servers.processes import descendants, free_port, kill, start, stop

SMBD = "/usr/sbin/smbd"


@dataclass
class Smbd:
    """Lets the current user in with `password`. Shares: "files", and "readonly" (the same)."""

    folder: Path
    port: int
    user: str
    password: str
    process: subprocess.Popen[bytes]

    def break_off(self) -> None:
        kill(descendants(self.process.pid))


def available() -> bool:
    return Path(SMBD).exists()


def start_smbd(more: str = "") -> tuple[Smbd, Path]:
    """The server and its folder; end it with `end_smbd`. `more`: further global settings."""
    base = Path(tempfile.mkdtemp(prefix="rollcall-smbd-"))
    files = base / "files"
    files.mkdir()
    for name in ("private", "lock", "state", "cache", "pid", "ncalrpc"):
        (base / name).mkdir()
    port = free_port()
    user, password = getpass.getuser(), "correct horse"
    (base / "smb.conf").write_text(_config(base, port, more))
    _add_user(base, user, password)
    command = [SMBD, "--foreground", "--no-process-group", "--debug-stdout"]
    process = start([*command, f"--configfile={base}/smb.conf"], port, base / "log")
    return Smbd(files, port, user, password, process), base


def end_smbd(server: Smbd, base: Path) -> None:
    stop(server.process)
    shutil.rmtree(base)


def _config(base: Path, port: int, more: str) -> str:
    return f"""
[global]
server role = standalone server
workgroup = ROLLCALL
smb ports = {port}
interfaces = lo
bind interfaces only = yes
disable netbios = yes
passdb backend = tdbsam:{base}/passdb.tdb
map to guest = never
private dir = {base}/private
lock directory = {base}/lock
state directory = {base}/state
cache directory = {base}/cache
pid directory = {base}/pid
ncalrpc dir = {base}/ncalrpc
log level = 1
load printers = no
disable spoolss = yes
rpc start on demand helpers = no
{more}
[files]
path = {base}/files
read only = no
[readonly]
path = {base}/files
read only = yes
"""


def _add_user(base: Path, user: str, password: str) -> None:
    command = ["pdbedit", f"--configfile={base}/smb.conf", "--create", "--password-from-stdin"]
    subprocess.run(
        [*command, f"--user={user}"],
        input=f"{password}\n{password}\n",
        text=True,
        check=True,
        capture_output=True,
    )
