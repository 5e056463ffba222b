"""The settings of a CASEMIS sync (`[syncs.NAME.settings]`)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from rollcall.core.files.layouts import BadField, ReadOptions
from rollcall.integrations.casemis.layout import DROPPED, TABLE_B_NAMES, is_table_b_name

DateFormat = Literal["auto", "MM/DD/YYYY", "M/D/YYYY", "YYYYMMDD", "MMDDYYYY", "YYYY-MM-DD"]


class CasemisSettings(BaseModel):
    """Which files a CASEMIS sync reads, and how they are written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    students_file: str = Field(
        default="CASEMISA.csv",
        min_length=1,
        title="Student Data file",
        description="name of the CASEMIS Student Data file (Table A)",
    )
    services_file: str | None = Field(
        default=None,
        title="Student Services Data file",
        description="name of the CASEMIS Student Services Data file (Table B); if it is empty, "
        "services are not imported",
    )
    services_columns: tuple[str, ...] = Field(
        default=TABLE_B_NAMES,
        title="Columns of the services file",
        description="the columns of Table B in the order of the file; columns named FILLER, "
        "FILLER2 and so on are not used",
    )
    encoding: Literal["auto", "utf-8", "cp1252"] = Field(
        default="auto",
        title="Encoding",
        description="how the files are encoded; auto recognizes it",
    )
    header: Literal["auto", "yes", "no"] = Field(
        default="auto",
        title="Header row",
        description="whether the files begin with a header row; auto recognizes it",
    )
    date_format: DateFormat = Field(
        default="auto",
        title="Date format",
        description="how the files write dates; auto accepts every form listed",
    )
    bad_field: BadField = Field(
        default=BadField.REJECT,
        title="Invalid values",
        description="what an invalid value does: reject the row, or keep the row and leave that "
        "field of the record as it was",
    )

    @field_validator("services_file")
    @classmethod
    def _no_name_is_no_file(cls, name: str | None) -> str | None:
        return name or None

    @field_validator("services_columns")
    @classmethod
    def _usable_columns(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if not is_table_b_name(name)]
        if unknown:
            allowed = ", ".join((*TABLE_B_NAMES, DROPPED))
            raise ValueError(f"unknown column {', '.join(unknown)}; choose from {allowed}")
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"column named twice: {', '.join(repeated)}")
        if "SERVICE" not in names or not {"SSID", "STUDENT_ID"} & set(names):
            raise ValueError("SERVICE is needed, and SSID or STUDENT_ID")
        return names

    @property
    def options(self) -> ReadOptions:
        """How both files are to be read."""
        return ReadOptions(self.encoding, self.header, self.date_format, self.bad_field)
