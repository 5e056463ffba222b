"""OpenSSH's own server on loopback, with a host key and accounts of its own."""

import ctypes
import ctypes.util
import getpass
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from tests.servers.processes import descendants, free_port, kill, start, stop

SSHD = "/usr/sbin/sshd"
PASSPHRASE = "battery staple"


@dataclass
class Sshd:
    """Lets the current user in with `key`; as root also a user made for the test, by password."""

    folder: Path
    port: int
    user: str
    key: str
    locked_keys: dict[str, str]  # the same key by its format, each with PASSPHRASE
    host_keys: dict[str, str]
    process: subprocess.Popen[bytes]
    password_user: str | None
    password: str = "correct horse"

    def break_off(self) -> None:
        kill(descendants(self.process.pid))


def available() -> bool:
    return Path(SSHD).exists()


def start_sshd() -> tuple[Sshd, Path]:
    """The server and its folder; end it with `end_sshd`."""
    base = Path(tempfile.mkdtemp(prefix="rollcall-sshd-"))
    base.chmod(0o711)  # the test's user has to get to `files`
    files = base / "files"
    files.mkdir()
    port = free_port()
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd will not start without it
    password_user = _make_user(files) if os.geteuid() == 0 else None
    public = {kind: _make_key(base / f"host_{kind}", kind) for kind in ("ed25519", "rsa")}
    users = _make_key(base / "client", "ed25519"), _make_key(base / "client_rsa", "rsa")
    (base / "authorized_keys").write_text("".join(f"{line}\n" for line in users))
    (base / "authorized_keys").chmod(0o644)
    (base / "config").write_text(_config(base, port))
    process = start([SSHD, "-D", "-e", "-f", str(base / "config")], port, base / "log")
    key, locked = (base / "client").read_text(), _locked_keys(base)
    return Sshd(files, port, getpass.getuser(), key, locked, public, process, password_user), base


def end_sshd(server: Sshd, base: Path) -> None:
    stop(server.process)
    if server.password_user:
        subprocess.run(["userdel", server.password_user], check=True, capture_output=True)
    shutil.rmtree(base)


def _config(base: Path, port: int) -> str:
    return f"""
ListenAddress 127.0.0.1
Port {port}
HostKey {base}/host_ed25519
HostKey {base}/host_rsa
AuthorizedKeysFile {base}/authorized_keys
StrictModes no
UsePAM no
PidFile none
PermitRootLogin prohibit-password
PasswordAuthentication yes
KbdInteractiveAuthentication no
MaxStartups 100
Subsystem sftp internal-sftp
"""


def _make_key(path: Path, kind: str) -> str:
    """Make a key pair; return the public line without its comment."""
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])


def _locked_keys(base: Path) -> dict[str, str]:
    """The user's keys encrypted with PASSPHRASE: as OpenSSH has them, and as PKCS#8 (PEM)."""
    (base / "locked").write_text((base / "client").read_text())
    (base / "locked").chmod(0o600)
    change = ["ssh-keygen", "-q", "-p", "-P", "", "-N", PASSPHRASE]
    subprocess.run([*change, "-f", str(base / "locked")], check=True, capture_output=True)
    rsa = serialization.load_ssh_private_key((base / "client_rsa").read_bytes(), None)
    locking = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return {
        "openssh": (base / "locked").read_text(),
        "pkcs8": rsa.private_bytes(pem, pkcs8, locking).decode(),
    }


def _make_user(folder: Path) -> str:
    """A throwaway Unix user who may do nothing but use the folder."""
    name = f"rollcall-t{os.getpid()}"
    crypted = _crypt(Sshd.password)
    command = ["useradd", "-M", "-N", "-d", str(folder), "-s", "/usr/sbin/nologin"]
    subprocess.run([*command, "-p", crypted, name], check=True, capture_output=True)
    folder.chmod(0o777)
    return name


def _crypt(password: str) -> str:
    library = ctypes.CDLL(ctypes.util.find_library("crypt"))
    library.crypt.restype = ctypes.c_char_p
    crypted: bytes = library.crypt(password.encode(), b"$6$rollcall$")
    return crypted.decode()
