"""Zips that are in order, and zips that are not: each as its bytes."""

import io
import struct
import zipfile
from collections.abc import Mapping

Content = bytes | str


def zipped(files: Mapping[str, Content], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An honest zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def twice(name: str, content: Content) -> bytes:
    """A zip with two files of one name."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, content)
        archive.filelist, kept = [], archive.filelist
        archive.NameToInfo.clear()
        archive.writestr(name, content)
        archive.filelist = kept + archive.filelist
    return made.getvalue()


def linked(name: str, target: str) -> bytes:
    """A zip in which a file is a symbolic link."""
    made = io.BytesIO()
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(info, target)
    return made.getvalue()


def said(data: bytes, at: int, form: str, value: int) -> bytes:
    """A zip of which the first entry of its list says something else: `at` as in APPNOTE 4.3.12."""
    start = data.index(b"PK\x01\x02") + at
    return data[:start] + struct.pack(form, value) + data[start + struct.calcsize(form) :]


def encrypted(data: bytes) -> bytes:
    """It says that its first file is encrypted."""
    return said(data, 8, "<H", 1)


def packed_by(data: bytes, method: int) -> bytes:
    """It says that its first file is packed by another method."""
    return said(data, 10, "<H", method)


def of_size(data: bytes, size: int) -> bytes:
    """It says that its first file has another size than it has."""
    return said(data, 24, "<L", size)


def bad_crc(data: bytes) -> bytes:
    """The check sum of its first file is wrong."""
    return said(data, 16, "<L", 12345)


def flat_bomb(name: str, content: bytes, times: int) -> bytes:
    """One packed file, listed `times` times under other names."""
    honest = zipped({name: content})
    start, end = honest.index(b"PK\x01\x02"), honest.index(b"PK\x05\x06")
    entry = honest[start:end]
    length = len(name)
    entries = b"".join(
        entry[:46] + f"{n:0{length}}".encode()[:length] + entry[46 + length :]
        for n in range(times - 1)
    )
    listed = entry + entries
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, times, times, len(listed), start, 0)
    return honest[:start] + listed + tail


def zip64_lie(name: str, content: bytes, size: int) -> bytes:
    """A zip64 field says that a file has `size` bytes."""
    honest = of_size(zipped({name: content}), 0xFFFFFFFF)
    start, end = honest.index(b"PK\x01\x02"), honest.index(b"PK\x05\x06")
    entry = honest[start:end] + struct.pack("<HHQ", 1, 8, size)
    entry = entry[:30] + struct.pack("<H", 12) + entry[32:]
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), start, 0)
    return honest[:start] + entry + tail
