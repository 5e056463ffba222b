"""What stops a run or a command: an error that carries its finding code."""

from enum import StrEnum

from rollcall.core.findings import Codes, FindingCode

_LONGEST = 300


class Next(StrEnum):
    """What to do after a problem: try again by itself, change the settings, or leave it."""

    AGAIN = "again"
    FIX_SETTINGS = "fix_settings"
    GIVE_UP = "give_up"


class Problem(Exception):
    """Something a person must know of. `code` is declared; `detail` completes its text."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(self.sentence)

    @property
    def declared(self) -> FindingCode:
        """The code's words: text, what to do, who."""
        return Codes.get(self.code)

    @property
    def sentence(self) -> str:
        """The text with its detail, as one line."""
        return f"{self.declared.text} ({self.detail})" if self.detail else self.declared.text


def words(text: object) -> str:
    """A server's words made fit to show: one line, printable, not endless."""
    line = " ".join(str(text).split())
    safe = "".join(c if c.isprintable() else "?" for c in line)
    return safe if len(safe) <= _LONGEST else safe[: _LONGEST - 3] + "..."
