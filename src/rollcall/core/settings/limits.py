"""How large files may be that people and partners hand in: set by whoever runs the server."""

from pydantic import BaseModel, ConfigDict, Field

_MIB = 1 << 20

#: A file in a zip is refused for how well it packs only when it is larger than this: smaller ones
#: do no harm, and a short table of the same cells packs very well.
SMALL = 1 << 20
_UNITS = ("bytes", "KB", "MB", "GB")


class Limits(BaseModel):
    """How large a file may be, packed and unpacked, and all that waits of one district."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    upload_mib: int = Field(
        default=2048, ge=1, description="the largest upload, all of its files together, MiB"
    )
    unpacked_mib: int = Field(
        default=2048, ge=1, description="the most that the files of one zip may be, unpacked, MiB"
    )
    zip_ratio: int = Field(
        default=100, ge=1, description="how many times larger than packed a zip's file may be"
    )
    zip_members: int = Field(default=50, ge=1, description="the most files in a zip")
    district_mib: int = Field(
        default=8192,
        ge=1,
        description="the most that the files of a district's queued and running runs may be, MiB",
    )

    @property
    def upload_bytes(self) -> int:
        """The largest upload, bytes."""
        return self.upload_mib * _MIB

    @property
    def unpacked_bytes(self) -> int:
        """The most that the files of one zip may be, bytes."""
        return self.unpacked_mib * _MIB

    @property
    def district_bytes(self) -> int:
        """The most that the files of a district's runs under way may be, bytes."""
        return self.district_mib * _MIB


def told_size(size: int) -> str:
    """A number of bytes for people, rounded up to whole units of which there are ten at least:
    9,216 bytes, 629 MB, 2,048 MB.
    """
    unit = 0
    while size >= 10 << 10 and unit < len(_UNITS) - 1:
        size, unit = -(-size >> 10), unit + 1
    return f"{size:,} {_UNITS[unit]}"
