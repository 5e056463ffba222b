"""Print the tests of what was changed since origin/main, for `make check`: core always, and the
folders of tests that mirror the changed modules.
"""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def changed() -> list[Path]:
    """Files that differ from origin/main (or from the last commit, without one), new ones too."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout if done.returncode == 0 else ""

    base = git("merge-base", "HEAD", "origin/main").strip() or "HEAD"
    names = git("diff", "--name-only", base) + git("ls-files", "--others", "--exclude-standard")
    return [Path(name) for name in names.split()]


def tests_of(path: Path) -> Path | None:
    """The nearest folder of tests that mirrors a module; a test is its own."""
    if path.parts[0] == "tests":
        return path if path.name.startswith("test_") else None
    if path.parts[:2] != ("src", "rollcall"):
        return None
    mirrored = [Path("tests", *path.parts[2:end]) for end in range(len(path.parts) - 1, 2, -1)]
    return next((folder for folder in mirrored if (ROOT / folder).is_dir()), None)


def main() -> None:
    """Print each once, and none that lies in another."""
    found = {Path("tests/core")} | {tests for path in changed() if (tests := tests_of(path))}
    there = {path for path in found if (ROOT / path).exists()}
    print(*sorted(path for path in there if not there & set(path.parents)))


if __name__ == "__main__":
    main()
