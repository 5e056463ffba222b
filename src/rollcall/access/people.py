"""Inviting people, changing what they may do, and letting them go."""

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from rollcall.access import audit
from rollcall.access.audit import Action
from rollcall.access.models import Membership, User
from rollcall.access.roles import Role
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.clock import Clock
from rollcall.records.models import District

_ADMIN = "an admin of the district"

BAD_ADDRESS = Codes.add(
    "people.bad_address",
    Severity.ERROR,
    "This is not an e-mail address",
    "Write it as name@example.org.",
    _ADMIN,
)
UNKNOWN = Codes.add(
    "people.unknown",
    Severity.ERROR,
    "Nobody with this e-mail address belongs to the district",
    "Look at the list of people for how it is written.",
    _ADMIN,
)
LAST_ADMIN = Codes.add(
    "people.last_admin",
    Severity.ERROR,
    "This is the district's only admin, so nobody could add people any more",
    "Make somebody else an admin first.",
    _ADMIN,
)


def members(district: District) -> QuerySet[Membership]:
    """Who belongs to a district, by address; with `user`."""
    return (
        Membership.objects.filter(district=district).select_related("user").order_by("user__email")
    )


@transaction.atomic
def add(email: str, district: District, role: Role, clock: Clock, by: str, name: str = "") -> User:
    """Let a person into a district with a role; or change the role of one who is there.

    Returns them; whoever is new has no password yet: see `password_link`. Problem
    people.bad_address, people.last_admin.
    """
    address = _address(email)
    user, new = User.objects.get_or_create(
        email=address, defaults={"name": name, "joined_at": clock.now()}
    )
    if new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
        # Whoever invites vouches for the address; nobody signs up by themselves.
        EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    _set_role(user, district, role, clock, by)
    return user


def _set_role(user: User, district: District, role: Role, clock: Clock, by: str) -> None:
    before = Membership.objects.filter(user=user, district=district).first()
    if before is not None and before.role == role:
        return
    if before is not None:
        _keep_an_admin(before)
    Membership.objects.update_or_create(user=user, district=district, defaults={"role": str(role)})
    action = Action.PERSON_ADDED if before is None else Action.ROLE_CHANGED
    detail = {"role": str(role), **({"before": before.role} if before else {})}
    audit.record(clock, by, action, user.email, district=district, detail=detail)


@transaction.atomic
def remove(email: str, district: District, clock: Clock, by: str) -> None:
    """Take a person out of a district; who is in none any more is forgotten, but for what they
    did. Problem people.unknown, people.last_admin.
    """
    found = members(district).filter(user__email=email.strip().lower()).first()
    if found is None:
        raise Problem(UNKNOWN, email)
    _keep_an_admin(found)
    found.user.tokens.filter(district=district).delete()
    found.delete()
    if not found.user.memberships.exists():
        found.user.delete()
    audit.record(clock, by, Action.PERSON_REMOVED, found.user.email, district=district)


def _keep_an_admin(member: Membership) -> None:
    """Problem people.last_admin when the district would have no admin without this one."""
    admins = Membership.objects.select_for_update().filter(
        district_id=member.district_id, role=Role.ADMIN
    )
    if [admin.pk for admin in admins] == [member.pk]:
        raise Problem(LAST_ADMIN, member.user.email)


def password_link(user: User) -> str:
    """The address where this person sets a password: good once, and for three days."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return f"{settings.ROLLCALL_URL}{reverse('account_reset_password_from_key', kwargs=key)}"


def _address(text: str) -> str:
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Problem(BAD_ADDRESS, text) from None
    return address
