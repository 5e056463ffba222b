"""People, what they are in a district, their API tokens, and who did what."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from rollcall.access.roles import Role
from rollcall.records.models import District

_ROLES = [(str(role), str(role)) for role in Role]


class User(AbstractBaseUser):
    """A person who can sign in, known by their e-mail address (kept in small letters)."""

    email = models.EmailField(unique=True)
    name = models.TextField(default="")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(null=True)  # when they were invited

    objects = BaseUserManager["User"]()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        db_table = "access_user"

    def __str__(self) -> str:
        return self.email

    @property
    def called(self) -> str:
        """The name to show: theirs, else the address."""
        return self.name or self.email


class Membership(models.Model):
    """What a person is in a district. One role each; without one they cannot see it at all."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    district = models.ForeignKey(District, models.CASCADE, related_name="+")
    role = models.TextField(choices=_ROLES)

    class Meta:
        db_table = "membership"
        constraints = [models.UniqueConstraint(fields=["user", "district"], name="membership_once")]


class Invitation(models.Model):
    """A district's offer to a person, who accepts it while signed in; until then they are not in
    the district. `name`: as the admin wrote it, which says nothing about an account there may be.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    district = models.ForeignKey(District, models.CASCADE, related_name="+")
    role = models.TextField(choices=_ROLES)
    name = models.TextField(default="")
    invited_by = models.TextField()
    invited_at = models.DateTimeField()

    class Meta:
        db_table = "invitation"
        constraints = [models.UniqueConstraint(fields=["user", "district"], name="invitation_once")]

    @property
    def meaning(self) -> str:
        """What the role is for, as a sentence."""
        return Role(self.role).meaning


class ApiToken(models.Model):
    """A program's key to a district's API. Only its SHA-256 is kept: see `access.tokens`.

    It can do what `role` can, and no more than its owner can at the time.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    district = models.ForeignKey(District, models.CASCADE, related_name="+")
    role = models.TextField(choices=_ROLES)
    name = models.TextField()
    start = models.TextField()  # the first letters, to tell tokens apart
    sha256 = models.TextField(unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_token"
        indexes = [models.Index(fields=["district", "-id"])]


class AuditEntry(models.Model):
    """One thing a person saw or did. No student data: `what` and `detail` have numbers of our own
    (of a student, a run), names of syncs and reports, and roles. `who` outlives the person.
    """

    district = models.ForeignKey(District, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField()
    who = models.TextField()
    action = models.TextField()
    what = models.TextField(default="")
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "audit_entry"
        indexes = [
            models.Index(fields=["district", "-id"]),
            # What the audit page filters by.
            models.Index(fields=["district", "who", "-id"], name="audit_who"),
            models.Index(fields=["district", "action", "-id"], name="audit_action"),
            models.Index(fields=["district", "at"], name="audit_at"),
        ]


class SignInFailure(models.Model):
    """How often signing in failed lately, for one thing it is counted by (`access.sign_in_limits`).

    `key` is the SHA-256 of that thing: no address and no person is kept here.
    """

    key = models.TextField(primary_key=True)
    failures = models.IntegerField()
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "sign_in_failure"
