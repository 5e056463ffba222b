"""What sending remembers: edits not yet looked at, submissions, and the mirror.

Texts called `key` and `flat` are a document's key columns, and its key and all columns, as
`core.plans.digest.canonical` joins them.
"""

from django.db import models

from rollcall.engine.models import Connection, Run, Sync


class Live(models.Model):
    """Near real time of a sync. While `enabled`, a trigger on the change log writes an Edit for
    every change of `records`, in the transaction that made it (promise 3).
    """

    sync = models.OneToOneField(Sync, models.CASCADE, related_name="live")
    district_id = models.BigIntegerField()
    enabled = models.BooleanField(default=False)
    records = models.JSONField(default=list)
    # Since when, and who said so; also of turning it off.
    changed_at = models.DateTimeField()
    changed_by = models.TextField()

    class Meta:
        db_table = "live"


class Edit(models.Model):
    """A change of a record that has not been looked at yet. No student: a school, a calendar.

    Only ever added and removed: what several transactions add at once never waits for one another.
    """

    sync = models.ForeignKey(Sync, models.CASCADE, db_index=False, related_name="+")
    record = models.TextField()
    local_id = models.TextField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "edit"
        indexes = [models.Index(fields=["sync", "id"], name="edit_of_sync")]


class SubmissionState(models.TextChoices):
    """Where a submission stands. One that was accepted is gone: the mirror has it."""

    WAITING = "waiting"  # its turn comes, at `next_attempt` where that is set
    PARENT = "parent"  # for what it refers to, which the partner does not hold yet
    HELD = "held"  # for a person: a guard stopped it
    REFUSED = "refused"  # by the partner; a new edit or a batch run tries again


class Submission(models.Model):
    """What is to be made of one document at the partner; later ones are folded into it.

    `kind`: a ChangeKind. `flat`: the document called for, null for a removal. `old_key`: the
    natural key to change in place. `version`: grows with each change, so that an answer to an
    earlier one settles nothing. `tried`: sent at least once without a final answer, so the partner
    may have it or not. `since`: the first edit that is in it.
    """

    sync = models.ForeignKey(Sync, models.CASCADE, db_index=False, related_name="submissions")
    resource = models.TextField()
    key = models.TextField()
    old_key = models.TextField(null=True)
    local_id = models.TextField(null=True)
    kind = models.TextField()
    flat = models.TextField(null=True)
    digest = models.TextField(null=True)
    version = models.BigIntegerField(default=1)
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")
    since = models.DateTimeField()
    state = models.TextField(choices=SubmissionState, default=SubmissionState.WAITING)
    tried = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt = models.DateTimeField(null=True)
    code = models.TextField(default="")
    text = models.TextField(default="")

    class Meta:
        db_table = "submission"
        # The sync last: while the queue of a sync fills, PostgreSQL takes it to be empty, and would
        # find a student's submissions by this one: read all of the sync, for each student.
        constraints = [
            models.UniqueConstraint(fields=["key", "resource", "sync"], name="submission_key")
        ]
        indexes = [
            models.Index(fields=["sync", "local_id"], name="submission_student"),
            models.Index(
                fields=["sync", "state", "id"],
                condition=~models.Q(state="waiting"),
                name="submission_not_due",
            ),
            models.Index(
                fields=["sync", "id"],
                condition=models.Q(state__in=["waiting", "parent"]),
                name="submission_open",
            ),
        ]


class MirrorDocument(models.Model):
    """One document as the partner has it, by its last answer.

    `remote_id`, `remote_version`: the partner's own. `seen_at`: when the partner said so.
    """

    sync = models.ForeignKey(Sync, models.CASCADE, db_index=False, related_name="+")
    resource = models.TextField()
    key = models.TextField()
    local_id = models.TextField(null=True)
    flat = models.TextField()
    digest = models.TextField()
    remote_id = models.TextField(default="")
    remote_version = models.TextField(default="")
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "mirror_document"
        constraints = [
            models.UniqueConstraint(fields=["sync", "resource", "key"], name="mirror_key")
        ]
        # None on sync and resource alone: while a mirror fills, PostgreSQL took that one in place
        # of the key's, and read a whole resource for each document.
        indexes = [models.Index(fields=["sync", "local_id"], name="mirror_student")]


class MirrorRead(models.Model):
    """When a resource was last read in full from the partner, and how many documents it has."""

    sync = models.ForeignKey(Sync, models.CASCADE, related_name="+")
    resource = models.TextField()
    at = models.DateTimeField()
    documents = models.BigIntegerField()

    class Meta:
        db_table = "mirror_read"
        constraints = [
            models.UniqueConstraint(fields=["sync", "resource"], name="mirror_read_once")
        ]


class PartnerSession(models.Model):
    """What a partner gave who signed in over a connection, sealed: one for all, till it ends."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="+")
    sealed = models.TextField()
    until = models.DateTimeField()

    class Meta:
        db_table = "partner_session"


class RulesLook(models.Model):
    """A person uploaded the report of the partner's rules, or said that they looked at it there.

    `counts`: what the report says (engine.outbound.problems.rules_report.Uploaded), empty without
    one. `strangers`: (line, state id) of rows about students whom the district does not have.
    """

    sync = models.ForeignKey(Sync, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    by = models.TextField()
    counts = models.JSONField(default=dict)
    strangers = models.JSONField(default=list)

    class Meta:
        db_table = "rules_look"
        indexes = [models.Index(fields=["sync", "-at"], name="rules_look_of_sync")]
