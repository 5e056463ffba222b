"""Who is here, in which district, and what they can do: given to every page of a district."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from rollcall.access import audit
from rollcall.access.audit import Action
from rollcall.access.models import Membership, User
from rollcall.access.roles import Ability, Role
from rollcall.core.settings.schedule import zone_words
from rollcall.engine.clock import Clock
from rollcall.records.models import District, School


@dataclass(frozen=True)
class Visit:
    """One request of a member of a district."""

    user: User
    district: District
    role: Role
    clock: Clock

    def may(self, ability: Ability) -> bool:
        """Whether this person can do that here."""
        return ability in self.role.abilities

    @cached_property
    def can(self) -> Mapping[str, bool]:
        """The same for templates: `visit.can.approve`."""
        return {str(ability): self.may(ability) for ability in Ability}

    @cached_property
    def zone(self) -> str:
        """The district's time zone in words."""
        return zone_words(self.district.timezone)

    @cached_property
    def school_names(self) -> Mapping[str, str]:
        """The names of the district's schools by their codes."""
        schools = School.objects.filter(district=self.district).exclude(name=None)
        return dict(schools.values_list("code", "name"))

    def url(self, page: str, **parts: str | int) -> str:
        """The address of a page of this district, by the name of its route."""
        return reverse(page, kwargs={"district": self.district.code, **parts})

    @cached_property
    def other_districts(self) -> list[Membership]:
        """The person's other districts, for the switcher."""
        mine = Membership.objects.filter(user=self.user).exclude(district=self.district)
        return list(mine.select_related("district").order_by("district__name"))

    def note(self, action: Action, what: str = "", **detail: str | int | bool) -> None:
        """Write into the audit log that this person did something here (see `access.audit`)."""
        audit.record(
            self.clock, self.user.email, action, what, district=self.district, detail=detail
        )
