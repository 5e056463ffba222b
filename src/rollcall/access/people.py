"""Who belongs to a district: invited by an admin, added by whoever runs the server, removed.

Accounts belong to the installation. A district's admin never sees whether an address has one, nor
any link of it: an invitation goes to the address itself, and its person accepts it while signed in.
"""

import re
from datetime import timedelta

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from rollcall.access import account_mail, audit, sign_in_limits
from rollcall.access.account_mail import Outcome
from rollcall.access.audit import Action
from rollcall.access.models import Invitation, Membership, User
from rollcall.access.roles import Role
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.clock import Clock
from rollcall.engine.mail.message import MailError, parse_recipients
from rollcall.records.models import District

_ADMIN = "an admin of the district"
#: An invitation that nobody accepted in this time is over.
LASTS = timedelta(days=14)
#: Letters of a district's name in a mail to a person who may not know it.
_LONGEST_NAME = 80

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
    "No person with this e-mail address belongs to the district",
    "Look at the list of people for how it is written.",
    _ADMIN,
)
MEMBER = Codes.add(
    "people.member",
    Severity.ERROR,
    "This person is in the district already",
    "Change their role in the list of people.",
    _ADMIN,
)
NO_INVITATION = Codes.add(
    "people.no_invitation",
    Severity.ERROR,
    "This invitation is no longer open",
    "Ask an admin of the district to send a new one.",
    _ADMIN,
)
TOO_MANY = Codes.add(
    "people.too_many_invitations",
    Severity.ERROR,
    "Too many invitations were sent",
    "Wait, then send this one again.",
    _ADMIN,
)
LAST_ADMIN = Codes.add(
    "people.last_admin",
    Severity.ERROR,
    "This is the district's only admin, so nobody could add people any more",
    "Make another person an admin first.",
    _ADMIN,
)


def members(district: District) -> QuerySet[Membership]:
    """Who belongs to a district, by address; with `user`."""
    return (
        Membership.objects.filter(district=district).select_related("user").order_by("user__email")
    )


def invitations(district: District, clock: Clock) -> QuerySet[Invitation]:
    """A district's open invitations, by address; with `user`."""
    open_invitations = _open(clock).filter(district=district)
    return open_invitations.select_related("user").order_by("user__email")


def invitations_of(user: User, clock: Clock) -> QuerySet[Invitation]:
    """The open invitations of a person, by the district's name; with `district`."""
    open_invitations = _open(clock).filter(user=user)
    return open_invitations.select_related("district").order_by("district__name")


def _open(clock: Clock) -> QuerySet[Invitation]:
    return Invitation.objects.filter(invited_at__gt=clock.now() - LASTS)


@transaction.atomic
def invite(
    email: str, district: District, role: Role, clock: Clock, by: str, name: str = ""
) -> Invitation:
    """Invite a person; again in place of an invitation there is. `send` tells them.

    Problem people.bad_address, people.member, people.too_many_invitations.
    """
    address = _address(email)
    if members(district).filter(user__email=address).exists():
        raise Problem(MEMBER, address)
    try:
        sign_in_limits.invitation(district.code, address)
    except sign_in_limits.Wait as wait:
        raise Problem(TOO_MANY, f"the next can go in {wait.seconds} seconds") from None
    offer = {"role": str(role), "name": name, "invited_by": by, "invited_at": clock.now()}
    invitation, _ = Invitation.objects.update_or_create(
        user=_account(address, clock), district=district, defaults=offer
    )
    detail = {"role": str(role)}
    audit.record(clock, by, Action.PERSON_INVITED, address, district=district, detail=detail)
    return invitation


def send(invitation: Invitation, clock: Clock) -> Outcome:
    """Mail an invitation to its address, with a link for a password where there is none yet.

    Whether there is one is said to nobody but the person.
    """
    user, district = invitation.user, _plain_name(invitation.district.name)
    role = Role(invitation.role)
    lines = [
        f"{invitation.invited_by} invites you to {district} on Rollcall, as {role}.",
        f"{role.meaning}",
        "",
        f"Sign in to accept or decline, within {LASTS.days} days:",
        f"{settings.ROLLCALL_URL}/",
    ]
    if not user.has_usable_password():
        lines += ["", "If you sign in with a password, set it first. This link works once, for"]
        lines += ["three days; after that ask for a new one at the sign-in page.", ""]
        lines += [password_link(user)]
    subject = f"Rollcall: you are invited to {district}"
    return account_mail.send(user.email, subject, "\n".join(lines) + "\n", clock)


def _plain_name(name: str) -> str:
    """A district's name as the installation's mail says it: letters on one line, and nothing that
    a program which shows mail makes a link of. A district's admin chooses it, and whom it goes to.
    """
    plain = "".join(letter if letter.isalnum() or letter in " '&()-,." else " " for letter in name)
    return " ".join(re.sub(r"\.(?=\S)", ". ", plain).split())[:_LONGEST_NAME]


@transaction.atomic
def accept(user: User, number: int, clock: Clock) -> Membership:
    """Join a district one was invited to. Problem people.no_invitation."""
    invitation = _own(user, number, clock)
    member, _ = Membership.objects.get_or_create(
        user=user, district=invitation.district, defaults={"role": invitation.role}
    )
    if not user.name and invitation.name:
        user.name = invitation.name
        user.save(update_fields=["name"])
    invitation.delete()
    detail = {"role": member.role, "invited_by": invitation.invited_by}
    audit.record(
        clock, user.email, Action.JOINED, user.email, district=member.district, detail=detail
    )
    return member


@transaction.atomic
def decline(user: User, number: int, clock: Clock) -> Invitation:
    """Say no to an invitation; what it was. Problem people.no_invitation."""
    invitation = _own(user, number, clock)
    invitation.delete()
    what = Action.INVITATION_DECLINED
    audit.record(clock, user.email, what, user.email, district=invitation.district)
    return invitation


def _own(user: User, number: int, clock: Clock) -> Invitation:
    invitation = (
        invitations_of(user, clock).select_for_update(of=("self",)).filter(pk=number).first()
    )
    if invitation is None:
        raise Problem(NO_INVITATION)
    return invitation


@transaction.atomic
def withdraw(invitation: Invitation, clock: Clock, by: str) -> None:
    """Take an invitation back. An account that was made for it and never used is forgotten."""
    user, district = invitation.user, invitation.district
    invitation.delete()
    _forget(user)
    audit.record(clock, by, Action.INVITATION_WITHDRAWN, user.email, district=district)


@transaction.atomic
def add(email: str, district: District, role: Role, clock: Clock, by: str, name: str = "") -> User:
    """Let a person into a district without being asked, or change the role of one who is there.

    For whoever runs the server. Returns them; whoever is new has no password yet: see
    `password_link`. Problem people.bad_address, people.last_admin.
    """
    user = _account(_address(email), clock, name)
    before = Membership.objects.filter(user=user, district=district).first()
    if before is not None:
        change_role(before, role, clock, by)
        return user
    Membership.objects.create(user=user, district=district, role=str(role))
    Invitation.objects.filter(user=user, district=district).delete()
    detail = {"role": str(role)}
    audit.record(clock, by, Action.PERSON_ADDED, user.email, district=district, detail=detail)
    return user


@transaction.atomic
def change_role(member: Membership, role: Role, clock: Clock, by: str) -> None:
    """Give a member another role. Problem people.last_admin."""
    if member.role == role:
        return
    _keep_an_admin(member)
    detail = {"role": str(role), "before": member.role}
    member.role = str(role)
    member.save(update_fields=["role"])
    who = member.user.email
    audit.record(clock, by, Action.ROLE_CHANGED, who, district=member.district, detail=detail)


@transaction.atomic
def remove(email: str, district: District, clock: Clock, by: str) -> None:
    """Take a person out of a district; who is in none any more is forgotten, but for what they
    did. Problem people.unknown, people.last_admin.
    """
    membership = members(district).filter(user__email=email.strip().lower()).first()
    if membership is None:
        raise Problem(UNKNOWN, email)
    _keep_an_admin(membership)
    membership.user.tokens.filter(district=district).delete()
    membership.delete()
    _forget(membership.user)
    audit.record(clock, by, Action.PERSON_REMOVED, membership.user.email, district=district)


def account(email: str) -> User:
    """The account of an address. Problem people.unknown."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise Problem(UNKNOWN, email)
    return user


def password_link(user: User) -> str:
    """The address where this person sets a password: good once, and for three days."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return f"{settings.ROLLCALL_URL}{reverse('account_reset_password_from_key', kwargs=key)}"


def _account(address: str, clock: Clock, name: str = "") -> User:
    """The account of an address, made without a password where there is none."""
    user, new = User.objects.get_or_create(
        email=address, defaults={"name": name, "joined_at": clock.now()}
    )
    if new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
        # Links and invitations go to the address itself; nobody signs up without either.
        EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    return user


def _forget(user: User) -> None:
    """Remove an account that is in no district and invited to none."""
    if not user.memberships.exists() and not user.invitations.exists():
        user.delete()


def _keep_an_admin(member: Membership) -> None:
    """Problem people.last_admin when the district would have no admin without this one."""
    admins = Membership.objects.select_for_update().filter(
        district_id=member.district_id, role=Role.ADMIN
    )
    if [admin.pk for admin in admins] == [member.pk]:
        raise Problem(LAST_ADMIN, member.user.email)


def _address(text: str) -> str:
    """An address that mail can go to. Problem people.bad_address."""
    address = text.strip().lower()
    try:
        validate_email(address)
        parse_recipients([address])
    except (ValidationError, MailError):
        raise Problem(BAD_ADDRESS, text) from None
    return address
