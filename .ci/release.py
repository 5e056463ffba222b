"""Make a release: build the wheel and try it in an empty environment.

`make release` runs it on a clean checkout. It ends with the wheel in `dist/`, or says what is
missing: a dated entry of the version in CHANGELOG.md, a file that the wheel forgot, a command that
fails. Tagging and publishing are left to a person.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from rollcall import __version__  # noqa: E402 - the checkout's, not an installed one

#: What must be in the wheel: pages are templates beside their modules, styles are static files.
PAGES = {
    "/health": "degraded",  # it works, and says that no worker runs yet
    "/account/login/": "Sign in",
    "/static/console/style.css": "color-scheme",
}
PATIENCE = 60  # seconds for the server to answer


def changelog_entry() -> None:
    """The newest entry of the changelog is this version's, with its date."""
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    if not re.fullmatch(rf"{re.escape(__version__)} - \d{{4}}-\d\d-\d\d", headings[0]):
        sys.exit(
            f'CHANGELOG.md begins with "{headings[0]}", not with "{__version__} - YYYY-MM-DD".'
        )


def clean_checkout() -> None:
    """What is built is what is committed."""
    status = ["git", "status", "--porcelain"]
    if changes := subprocess.check_output(status, cwd=ROOT, text=True):
        sys.exit(f"Commit or remove these changes first:\n{changes}")


def build() -> Path:
    """The wheel, in `dist/`; nothing that an earlier build left behind gets into it."""
    for leftover in ("build", "dist"):
        shutil.rmtree(ROOT / leftover, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", "dist", "."]
    subprocess.run(pip, cwd=ROOT, check=True)
    (wheel,) = (ROOT / "dist").glob(f"rollcall-{__version__}-*.whl")
    return wheel


def read(address: str) -> str:
    """The page at an address, as soon as the server answers."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - ours
                return answer.read().decode()
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def try_out(wheel: Path, folder: Path) -> None:
    """Install the wheel into an empty environment and use it as a new user would."""
    venv.create(folder / "env", with_pip=True)
    bin = folder / "env" / "bin"
    install = [bin / "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--constraint", ROOT / "constraints.txt", wheel], check=True)
    home = {"ROLLCALL_HOME": str(folder / "home"), "PATH": os.environ["PATH"]}
    rollcall = bin / "rollcall"

    version = subprocess.check_output([rollcall, "--version"], env=home, text=True)
    if __version__ not in version:
        sys.exit(f"The wheel says that it is {version!r}.")
    subprocess.run([rollcall, "migrate"], env=home, check=True)
    port = "8765"
    server = subprocess.Popen([rollcall, "serve", "--port", port], env=home)
    try:
        for page, text in PAGES.items():
            if text not in read(f"http://127.0.0.1:{port}{page}"):
                sys.exit(f"{page} does not say {text!r}.")
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Check, build, try."""
    changelog_entry()
    clean_checkout()
    wheel = build()
    with tempfile.TemporaryDirectory(prefix="rollcall-release-") as folder:
        try_out(wheel, Path(folder))
    print(f"{wheel.relative_to(ROOT)} is built, and works in an empty environment.")


if __name__ == "__main__":
    main()
