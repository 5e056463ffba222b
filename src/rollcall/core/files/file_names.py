"""Names of files that came from outside: made safe to show, to keep and to offer.

Nothing here makes a path. What a file is stored as is ours to say (`engine.folders.below`); the
name it came with is data.
"""

import unicodedata
from urllib.parse import quote

#: A name is at most so long, in bytes: what is made of it fits a disk and an address.
LONGEST = 120
_SEPARATORS = str.maketrans("\\", "/")


def shown_name(name: str, otherwise: str = "file") -> str:
    """The last part of `name`, printable, without dots and blanks around it, and not too long; its
    ending is kept where there is room for it. `otherwise`: when nothing is left.
    """
    last = name.translate(_SEPARATORS).rpartition("/")[2]
    printable = "".join(c for c in last if not unicodedata.category(c).startswith("C"))
    plain = " ".join(printable.split()).lstrip(". ").rstrip(" .")
    if len(plain.encode()) <= LONGEST:
        return plain or otherwise
    stem, suffix = ending(plain)
    if len(suffix.encode()) > LONGEST // 4:
        stem, suffix = plain, ""
    room = LONGEST - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + suffix or otherwise


def is_plain(name: str) -> bool:
    """Whether `name` can be a file's in a folder, and nothing else: no path, no way out, nothing
    that cannot be printed, and short enough for a disk.
    """
    odd = name in ("", ".", "..") or any(c in "/\\" or not c.isprintable() for c in name)
    return not odd and len(name.encode()) <= 255


def ending(name: str) -> tuple[str, str]:
    """A name in two: what comes before its ending, and the ending with its dot ("" for none)."""
    stem, dot, last = name.rpartition(".")
    return (stem, dot + last) if stem else (name, "")


def attachment(name: str) -> str:
    """The header Content-Disposition with which `name` is offered for saving (RFC 6266)."""
    safe = shown_name(name)
    if safe.isascii():
        escaped = safe.replace("\\", "\\\\").replace('"', r"\"")
        return f'attachment; filename="{escaped}"'
    return f"attachment; filename*=utf-8''{quote(safe, safe='')}"
