"""The district the stand-in serves: its schools, the year, and what the state has loaded."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from rollcall.sandbox.edfi.codes import PROGRAM_TYPES, STATE
from rollcall.sandbox.edfi.resources import (
    DISTRICTS,
    EDUCATION_ORGANIZATIONS,
    PROGRAMS,
    RESOURCES,
    SCHOOL_YEARS,
    SCHOOLS,
)
from rollcall.sandbox.edfi.shapes import Resource
from rollcall.sandbox.edfi.store import Place, Store


@dataclass(frozen=True)
class World:
    """`district` and `schools`: their Ed-Fi ids (ttddddsss); the client can write for these only.
    `school_year`: the one the state takes, by its ending year; `year_in_path`: addresses have it.
    `programs`: (name, type) of the district's programs; by default one of each type, so named.
    """

    district: int = 10625000
    schools: tuple[int, ...] = (10625010, 10625020, 10625030)
    school_year: int = 2026
    year_in_path: bool = False
    programs: tuple[tuple[str, str], ...] = field(
        default=tuple((name, name) for name in PROGRAM_TYPES)
    )

    @cached_property
    def organizations(self) -> frozenset[int]:
        """The ids the client can write for."""
        return frozenset((self.district, *self.schools))

    @cached_property
    def year_part(self) -> str:
        """What an address has after data/v3."""
        return f"/{self.school_year}" if self.year_in_path else ""

    def seed(self, store: Store) -> None:
        """Load what the state loads itself."""
        year, district = self.school_year, self.district
        description = f"{year - 1}-{year}"
        names = {"schoolYear": year, "schoolYearDescription": description}
        _load(store, SCHOOL_YEARS, {**names, "currentSchoolYear": True})
        agency = {"localEducationAgencyId": district}
        _load(store, DISTRICTS, {**agency, "nameOfInstitution": f"District {district}"})
        for school in self.schools:
            names = {"schoolId": school, "nameOfInstitution": f"School {school}"}
            _load(store, SCHOOLS, {**names, "localEducationAgencyReference": agency})
        for name, kind in self.programs:
            program = {
                "educationOrganizationReference": {"educationOrganizationId": district},
                "programName": name,
                "programTypeDescriptor": f"{STATE}/ProgramTypeDescriptor#{kind}",
            }
            _load(store, PROGRAMS, program)

    def exists(self, place: Place, store: Store) -> bool:
        """Whether what a document refers to is there. The state has every district of it loaded;
        here any number of that form (it ends in 000) is one.
        """
        name, key = place
        if name == DISTRICTS.name:
            return is_district(key[0])
        if name == EDUCATION_ORGANIZATIONS:
            return is_district(key[0]) or store.has((SCHOOLS.name, key))
        return store.has(place)


@cache
def is_district(number: str) -> bool:
    """Whether this has the form of a district's Ed-Fi id."""
    return number.isdigit() and 8 <= len(number) <= 9 and number.endswith("000")


def new_store(world: World, seed: int) -> Store:
    """A store with what the state loads itself."""
    store = Store(RESOURCES, seed)
    world.seed(store)
    return store


def _load(store: Store, resource: Resource, body: Mapping[str, Any]) -> None:
    store.add(resource, resource.key_of(body), json.dumps(body).encode())
