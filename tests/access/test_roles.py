"""What each role may do, as the issue says it."""

from rollcall.access.roles import ABILITIES, Ability, Role


def test_each_role_may_do_all_that_the_one_before_it_may_and_one_thing_more() -> None:
    for less, more in zip(list(Role)[:-1], list(Role)[1:], strict=True):
        assert less.abilities < more.abilities
        assert len(more.abilities - less.abilities) == 1


def test_who_may_do_what() -> None:
    first = {ability: next(r for r in Role if ability in r.abilities) for ability in Ability}
    assert first == {
        Ability.VIEW: Role.VIEWER,
        Ability.EDIT_RECORDS: Role.STEWARD,
        Ability.RUN: Role.OPERATOR,
        Ability.APPROVE: Role.APPROVER,
        Ability.ADMINISTER: Role.ADMIN,
    }


def test_an_admin_may_do_everything() -> None:
    assert ABILITIES[Role.ADMIN] == frozenset(Ability)


def test_every_role_is_explained() -> None:
    assert all(role.meaning.endswith(".") for role in Role)
