"""What can be set for loading records."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rollcall.core.files.layouts import BadField, ReadOptions

#: Digits of a student's id at the state (facts 3 and 8), by the district's state: California's
#: SSID, Minnesota's MARSS number, Kentucky's SSID, Alberta's Student Number. Others: any text.
STATE_ID_DIGITS: Mapping[str, int] = {"CA": 10, "MN": 13, "KY": 10, "AB": 9}


def in_state(state: str) -> dict[str, Any]:
    """The usual settings in a state."""
    digits = STATE_ID_DIGITS.get(state.strip().upper())
    return {} if digits is None else {"state_id_digits": digits}


_DIGITS_BY_STATE = ", ".join(f"{digits} in {state}" for state, digits in STATE_ID_DIGITS.items())


class RosterSettings(BaseModel):
    """Settings of a sync that loads a district's records; each has a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state_id_digits: int = Field(
        default=0,
        ge=0,
        title="Digits of a state ID",
        description="how many digits a state ID has; 0 = any text. If it is not set, the "
        f"district's state decides: {_DIGITS_BY_STATE}",
    )
    state_id_type: str = Field(
        default="SSID",
        min_length=1,
        title="Type of the state ID",
        description="OneRoster: the type of the state ID in userIds",
    )
    local_id_from: Literal["identifier", "sourcedId"] = Field(
        default="identifier",
        title="Local ID from",
        description="OneRoster: the user column with the local ID; sourcedId where it is empty",
    )
    school_code_from: Literal["identifier", "sourcedId"] = Field(
        default="identifier",
        title="School code from",
        description="OneRoster: the org column with the school code; sourcedId where it is empty",
    )
    encoding: Literal["auto", "utf-8", "cp1252"] = Field(
        default="auto", title="Encoding", description="how the files are encoded"
    )
    date_format: Literal["auto", "MM/DD/YYYY", "M/D/YYYY", "YYYYMMDD", "MMDDYYYY", "YYYY-MM-DD"] = (
        Field(default="auto", title="Date format", description="how dates are written")
    )
    bad_field: BadField = Field(
        default=BadField.REJECT,
        title="Invalid values",
        description="what an invalid field does: reject its row, or keep the stored value",
    )

    @property
    def read_options(self) -> ReadOptions:
        """How every file is read; all of them must have a header."""
        return ReadOptions(self.encoding, "yes", self.date_format, self.bad_field)
