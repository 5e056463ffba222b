"""Inviting people, changing what they may do, letting them go; and what is written down of it."""

from uuid import uuid4

import pytest
from tests.town import Town

from rollcall.access import people, tokens
from rollcall.access.models import AuditEntry, Membership, User
from rollcall.access.roles import Role
from rollcall.core.problems import Problem


def add(town: Town, email: str, role: Role = Role.VIEWER) -> User:
    return people.add(email, town.district, role, town.clock, "tester")


@pytest.fixture
def email(wired: None) -> str:
    return f"{uuid4().hex[:8]}@example.org"


def test_a_person_is_known_by_their_address_however_it_is_written(town: Town, email: str) -> None:
    assert add(town, f"  {email.upper()} ") == add(town, email)
    assert [member.user.email for member in people.members(town.district)] == [email]


def test_whoever_is_invited_cannot_sign_in_before_they_set_a_password(
    town: Town, email: str
) -> None:
    assert not add(town, email).has_usable_password()


def test_adding_again_changes_the_role(town: Town, email: str) -> None:
    add(town, email)
    add(town, email, Role.APPROVER)
    assert Membership.objects.get(user__email=email).role == Role.APPROVER


def test_what_is_no_address_is_refused(town: Town) -> None:
    with pytest.raises(Problem, match="not an e-mail address"):
        add(town, "nobody")


def test_a_person_who_is_in_no_district_any_more_is_forgotten(town: Town, email: str) -> None:
    user = add(town, email)
    tokens.make(user, town.district, Role.VIEWER, "t", town.clock)
    people.remove(email, town.district, town.clock, "tester")
    assert not User.objects.filter(email=email).exists()


def test_a_person_of_two_districts_stays_in_the_other(town: Town, email: str) -> None:
    other = Town(uuid4().hex[:7], town.folder, town.clock)
    other.apply()
    add(town, email)
    add(other, email)
    people.remove(email, town.district, town.clock, "tester")
    assert [m.district.code for m in User.objects.get(email=email).memberships.all()] == [
        other.code
    ]


def test_the_last_admin_stays(town: Town, email: str) -> None:
    add(town, email, Role.ADMIN)
    with pytest.raises(Problem, match="only admin"):
        people.remove(email, town.district, town.clock, "tester")
    with pytest.raises(Problem, match="only admin"):
        add(town, email, Role.VIEWER)
    add(town, f"second-{email}", Role.ADMIN)
    people.remove(email, town.district, town.clock, "tester")


def test_a_stranger_cannot_be_removed(town: Town) -> None:
    with pytest.raises(Problem, match="No person with this"):
        people.remove("stranger@example.org", town.district, town.clock, "tester")


def test_it_is_written_down_and_outlives_the_person(town: Town, email: str) -> None:
    add(town, email)
    add(town, email, Role.OPERATOR)
    people.remove(email, town.district, town.clock, "tester")
    entries = AuditEntry.objects.filter(district=town.district).order_by("pk")
    assert [(e.who, e.action, e.what, e.detail) for e in entries] == [
        ("tester", "added a person", email, {"role": "viewer"}),
        ("tester", "changed a role", email, {"role": "operator", "before": "viewer"}),
        ("tester", "removed a person", email, {}),
    ]


def test_a_token_is_kept_as_a_hash(town: Town, email: str) -> None:
    user = add(town, email)
    token, text = tokens.make(user, town.district, Role.VIEWER, "nightly", town.clock)
    token.refresh_from_db()
    assert text not in str(vars(token))
    assert token.sha256 == tokens.hashed(text)
    assert text.startswith(token.start)
