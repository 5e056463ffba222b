"""What the engine remembers: connections, syncs and their versions, runs and what they left."""

from django.db import models

from rollcall.records.models import District


class Connection(models.Model):
    """Transport + address + credential. `secrets`: field to {"env": NAME, "sealed": token}."""

    district = models.ForeignKey(District, models.CASCADE)
    name = models.TextField()
    settings = models.JSONField()
    secrets = models.JSONField(default=dict)
    saved_at = models.DateTimeField(null=True)
    saved_by = models.TextField(default="")

    class Meta:
        db_table = "connection"
        constraints = [models.UniqueConstraint(fields=["district", "name"], name="connection_name")]


class MailServer(models.Model):
    """Where a district's mail goes: SMTP or a folder. Without a district: where account mail goes,
    set by whoever runs the server (engine.settings.installation_settings).
    """

    district = models.ForeignKey(District, models.CASCADE, null=True, db_index=False)
    settings = models.JSONField()
    secrets = models.JSONField(default=dict)
    saved_at = models.DateTimeField(null=True)
    saved_by = models.TextField(default="")

    class Meta:
        db_table = "mail_server"
        constraints = [
            # Nulls count as equal: the installation has one at most.
            models.UniqueConstraint(
                fields=["district"], nulls_distinct=False, name="mail_server_once"
            )
        ]


class Installation(models.Model):
    """What whoever runs the server has set for all districts
    (engine.settings.installation_settings): one row. `limits`: as core.settings.limits.Limits.
    `first_code`: the hash of the code with which the first person may come in; "" for none.
    """

    limits = models.JSONField(default=dict)
    first_code = models.TextField(default="")
    saved_at = models.DateTimeField(null=True)
    saved_by = models.TextField(default="")

    class Meta:
        db_table = "installation"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="installation_once")]


class DistrictReach(models.Model):
    """What whoever runs the server allows a district's connections to reach
    (engine.connections.reach). Null: nothing was said. By the district's code: it can be said
    before there is the district.
    """

    code = models.TextField(unique=True)
    folders = models.JSONField(null=True)
    addresses = models.JSONField(null=True)

    class Meta:
        db_table = "district_reach"


class Sync(models.Model):
    """One configured integration. What is configured is in its versions; the last one counts."""

    district = models.ForeignKey(District, models.CASCADE)
    name = models.TextField()
    integration = models.TextField()
    connection = models.ForeignKey(Connection, models.PROTECT, null=True)
    paused = models.BooleanField(default=False)
    # The schedule was looked at up to here: a due time is started once, also after a pause.
    schedule_seen = models.DateTimeField()
    # Counts those who began to send (engine.runs.fencing): the last one may write.
    sender = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "sync"
        constraints = [models.UniqueConstraint(fields=["district", "name"], name="sync_name")]

    @property
    def version(self) -> "SyncVersion":
        """The configuration in force."""
        return self.versions.latest("number")


class SyncVersion(models.Model):
    """One saved configuration of a sync: who saved it, when, and all of it."""

    sync = models.ForeignKey(Sync, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # settings, guards, recipients, reports, schedule, as the configuration file has them.
    config = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by = models.TextField()

    class Meta:
        db_table = "sync_version"
        constraints = [
            models.UniqueConstraint(fields=["sync", "number"], name="sync_version_number")
        ]


class RunState(models.TextChoices):
    """Where a run stands: two states under way, HELD waits for a person, the rest is over."""

    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    DONE = "done"
    UNCHANGED = "unchanged"  # the same input as the last run: nothing was done
    STALE = "stale"  # approved, but records, input or settings had moved: nothing was done
    DISCARDED = "discarded"
    STOPPED = "stopped"  # the sync was paused before anything was written
    FAILED = "failed"


class ConnectionCheck(models.Model):
    """A connection test that is going on or was made: its steps, so that a page can follow it.

    `settings` and `secrets` are what is tested, saved or not, and `secrets` goes when it is over.
    `steps`: as transports.check has them.
    """

    district = models.ForeignKey(District, models.CASCADE)
    connection = models.ForeignKey(Connection, models.CASCADE, null=True)
    settings = models.JSONField()
    secrets = models.JSONField(default=dict)
    names = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    started_by = models.TextField()
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "connection_check"


class Run(models.Model):
    """One execution of a sync's job. `counts` to `summary` are as results show them."""

    district = models.ForeignKey(District, models.CASCADE)
    sync = models.ForeignKey(Sync, models.CASCADE, related_name="runs")
    version = models.ForeignKey(SyncVersion, models.PROTECT)
    job = models.TextField()
    # Whom the job is about, where it is not about all: {"grade": code} or {"student": number}.
    about = models.JSONField(default=dict)
    school_year = models.TextField()
    test = models.BooleanField(default=False)
    forced = models.BooleanField(default=False)
    # Its files are parts, such as corrected rows: what they do not have says nothing.
    partial = models.BooleanField(default=False)
    started_by = models.TextField()  # person, schedule, api or event
    person = models.TextField(default="")
    scheduled_for = models.DateTimeField(null=True)
    undo_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="undos")

    state = models.TextField(choices=RunState, default=RunState.QUEUED)
    # The name of a step of its job (core.jobs).
    step = models.TextField(default="")
    rows_done = models.BigIntegerField(default=0)
    rows_expected = models.BigIntegerField(null=True)
    # Of the present attempt, in order: step, started_at, finished_at (null while it goes on).
    steps = models.JSONField(default=list)
    attempt = models.PositiveIntegerField(default=0)
    # How many workers died carrying it out (engine.worker.fatal_runs).
    deaths = models.PositiveIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    # The database's moment in which the plan was applied, and the transaction that applied it.
    applied_snapshot = models.TextField(default="")
    applied_txid = models.TextField(default="")
    # How many rows stayed as an earlier run decided them, and which run that was.
    carried = models.PositiveIntegerField(default=0)
    carried_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")

    plan_sha256 = models.TextField(default="")
    counts = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    guards = models.JSONField(default=list)
    summary = models.JSONField(default=list)
    error_code = models.TextField(default="")
    error_text = models.TextField(default="")

    class Meta:
        db_table = "run"
        constraints = [
            models.UniqueConstraint(fields=["sync", "scheduled_for"], name="run_scheduled_once")
        ]
        indexes = [
            models.Index(fields=["sync", "-id"]),
            models.Index(fields=["state"]),
            # What the state of a sync is told from, however long ago it was.
            models.Index(
                fields=["sync", "-id"],
                condition=models.Q(test=False, undo_of=None, state="done"),
                name="run_good",
            ),
            models.Index(
                fields=["sync", "-id"],
                condition=models.Q(
                    test=False, undo_of=None, state__in=["done", "unchanged", "failed", "stale"]
                ),
                name="run_verdict",
            ),
            models.Index(
                fields=["sync", "-id"],
                condition=models.Q(state__in=["queued", "running", "held"]),
                name="run_open",
            ),
        ]


def undone(run: str = "pk") -> models.Exists:
    """Whether the run that is `run` in a query was undone."""
    of_it = Run.objects.filter(undo_of=models.OuterRef(run), test=False, state=RunState.DONE)
    return models.Exists(of_it)


class Artifact(models.Model):
    """A stored file of a run: an input, a part of the plan, a report. `path` is below the folder
    of artifacts. `source` says for an input where it came from and how it looked there.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="artifacts")
    kind = models.TextField()  # bundle (a zip as it came), input, plan, report
    name = models.TextField()
    path = models.TextField()
    sha256 = models.TextField()
    size = models.BigIntegerField()
    source = models.JSONField(default=dict)
    removed_at = models.DateTimeField(null=True)  # by retention: the row stays, the file is gone

    class Meta:
        db_table = "artifact"
        constraints = [
            models.UniqueConstraint(fields=["run", "kind", "name"], name="artifact_once")
        ]
        indexes = [
            # What other runs read: it is kept once (engine.artifacts).
            models.Index(
                fields=["sha256"],
                condition=models.Q(kind__in=["bundle", "input"]),
                name="artifact_read",
            ),
        ]


class Approval(models.Model):
    """A person's one decision about a held run, bound to the plan they saw.

    `excluded`: the changes they left out (`core.plans.exclusion.Exclusion.as_json`).
    """

    run = models.OneToOneField(Run, models.CASCADE, related_name="approval")
    approved = models.BooleanField()
    plan_sha256 = models.TextField()
    person = models.TextField()
    at = models.DateTimeField()
    note = models.TextField(default="")
    excluded = models.JSONField(default=dict)

    class Meta:
        db_table = "approval"


class AlertState(models.TextChoices):
    """Whether a problem is still there, and whether somebody has said that they look after it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


UNRESOLVED = (AlertState.OPEN, AlertState.ACKNOWLEDGED)


class AlertKind(models.TextChoices):
    """What a problem is about, and so what resolves it."""

    FAILED = "failed"  # a run failed
    HELD = "held"  # a run waits for a person
    LATE = "late"  # no run ended in time
    SAME_FILES = "same_files"  # nothing new came from the partner
    FINDING = "finding"  # a live run found something in its rows
    REFUSED = "refused"  # the partner refused a document (Ed-Fi: level 1)
    SIGN_IN = "sign_in"  # the partner does not let us in
    CHECK = "check"  # our own check found an error in what would be sent
    RULE = "rule"  # the partner's own rules find fault with what it holds (Ed-Fi: level 2)
    MAIL = "mail"  # a mail could not be delivered
    ADVICE = "advice"  # nothing is wrong yet: a reminder


class Alert(models.Model):
    """A problem that lives until it is resolved. Of a sync, code, subject and detail at most one is
    unresolved.

    `subject`: "" for the sync itself, else the record it is about, as `<record type>:<number>`:
    the database's own number, never a local id, SSID or name. `detail`: which of several of one
    code about it: the resource refused, the number of the rule. `count`: rows concerned when last
    seen; `times`: by how many runs it was seen. No number of a run: seen by the clock.
    `gathered_at`: when it was put into a mail of new problems
    (engine.outbound.problems.problem_mail).
    """

    district = models.ForeignKey(District, models.CASCADE)
    sync = models.ForeignKey(Sync, models.CASCADE, related_name="alerts")
    kind = models.TextField(choices=AlertKind)
    code = models.TextField()
    subject = models.TextField(default="")
    detail = models.TextField(default="")
    severity = models.TextField()
    text = models.TextField()
    count = models.BigIntegerField(default=1)
    times = models.PositiveIntegerField(default=1)
    state = models.TextField(choices=AlertState, default=AlertState.OPEN)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    first_run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")
    last_run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")
    resolved_run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")
    acknowledged_by = models.TextField(default="")
    acknowledged_at = models.DateTimeField(null=True)
    note = models.TextField(default="")
    gathered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alert"
        constraints = [
            models.UniqueConstraint(
                fields=["sync", "code", "subject", "detail"],
                condition=models.Q(state__in=["open", "acknowledged"]),
                name="alert_unresolved_once",
            )
        ]
        indexes = [
            models.Index(fields=["district", "-id"], name="alert_listed"),
            models.Index(
                fields=["sync", "kind"],
                condition=models.Q(state__in=["open", "acknowledged"]),
                name="alert_unresolved",
            ),
        ]


class MailKind(models.TextChoices):
    """What a mail is about, and so who gets it and what it says."""

    COMPLETION = "completion"  # a run ended (engine.mail.completion_mail)
    ALERT = "alert"  # one alert (engine.alerts.alert_mail)
    PROBLEMS = "problems"  # new problems of near real time (engine.outbound.problems.problem_mail)


class Mail(models.Model):
    """A mail about a sync to one address: sent is only what the mail server took. It waits in
    engine.mail.outbox while it has a `next_attempt`.

    `run`, `alert`: what a mail of that kind is about. `subject`, `text`: of new problems only, so
    that trying again sends the same. `without_files`: the server did not take the reports with it.
    """

    kind = models.TextField(choices=MailKind)
    sync = models.ForeignKey(Sync, models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, models.CASCADE, null=True, related_name="mails")
    alert = models.ForeignKey(Alert, models.CASCADE, null=True, related_name="mails")
    recipient = models.TextField()
    made_at = models.DateTimeField()
    subject = models.TextField(default="")
    text = models.TextField(default="")
    without_files = models.BooleanField(default=False, db_default=False)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error_code = models.TextField(default="")

    class Meta:
        db_table = "mail"
        constraints = [
            models.UniqueConstraint(fields=["run", "recipient"], name="mail_of_run_once"),
            models.UniqueConstraint(fields=["alert", "recipient"], name="mail_of_alert_once"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt"],
                condition=models.Q(next_attempt__isnull=False),
                name="mail_due",
            ),
            models.Index(
                fields=["sync", "-made_at"],
                condition=models.Q(kind="problems"),
                name="mail_of_problems",
            ),
        ]


class RetentionPolicy(models.Model):
    """How long a district keeps things (core.settings.retention). Logged changes are gone up to
    `changes_before`.
    """

    district = models.OneToOneField(District, models.CASCADE)
    settings = models.JSONField(default=dict)
    changes_before = models.DateTimeField(null=True)
    saved_at = models.DateTimeField(null=True)
    saved_by = models.TextField(default="")

    class Meta:
        db_table = "retention_policy"


class RetentionRecord(models.Model):
    """That things were removed because of their age: when, by whom, how many of what."""

    district = models.ForeignKey(District, models.CASCADE)
    at = models.DateTimeField()
    by = models.TextField()
    removed = models.JSONField()

    class Meta:
        db_table = "retention_record"
