"""Settings: people, mail server, retention, tokens, audit log, about."""

import tomllib
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.console.people import Asking, another_town, client_of, somebody
from tests.town import Town

from rollcall.access import people, tokens
from rollcall.access.audit import Action, record
from rollcall.access.models import ApiToken, AuditEntry, Membership
from rollcall.access.roles import Role
from rollcall.console.frame.inline_markup import breaking
from rollcall.engine.models import RetentionRecord
from rollcall.engine.settings import retention
from rollcall.engine.settings.configure import mail_settings
from rollcall.engine.worker import tasks


def url(town: Town, name: str, **parts: int) -> str:
    return reverse(name, kwargs={"district": town.code, **parts})


def page(client: Client, where: str) -> str:
    return client.get(where).content.decode()


def member(town: Town, email: str) -> Membership:
    return Membership.objects.get(district=town.district, user__email=email)


# People


def test_a_role_is_changed(asking: Asking, town: Town) -> None:
    admin, other = asking(Role.ADMIN), member(town, somebody(town, Role.VIEWER).email)
    admin.post(url(town, "settings-person-role", member=other.pk), {"role": "approver"})
    other.refresh_from_db()
    assert other.role == Role.APPROVER


def test_the_last_admin_stays_an_admin(town: Town) -> None:
    user = somebody(town, Role.ADMIN)
    admin, mine = client_of(user), member(town, user.email)
    answer = admin.post(url(town, "settings-person-role", member=mine.pk), {"role": "viewer"})
    assert answer.status_code == 400
    said = answer.content.decode()
    assert "only admin" in said
    assert "Make another person an admin first." in said
    answer = admin.post(url(town, "settings-person-remove", member=mine.pk))
    assert answer.status_code == 400
    assert member(town, user.email).role == Role.ADMIN


def test_removing_asks_first(asking: Asking, town: Town) -> None:
    admin, other = asking(Role.ADMIN), member(town, somebody(town, Role.VIEWER).email)
    where = url(town, "settings-person-remove", member=other.pk)
    assert "will no longer have access to" in page(admin, where)
    assert Membership.objects.filter(pk=other.pk).exists()
    admin.post(where)
    assert not Membership.objects.filter(pk=other.pk).exists()


def test_people_of_another_district_are_not_there(asking: Asking, town: Town) -> None:
    other = another_town(town)
    theirs = member(other, somebody(other, Role.ADMIN).email)
    for name in ("settings-person-role", "settings-person-remove"):
        answer = asking(Role.ADMIN).post(url(town, name, member=theirs.pk), {"role": "viewer"})
        assert answer.status_code == 404


# Mail server


def smtp(**how: str) -> dict[str, str]:
    said = {"host": "127.0.0.1", "port": "9", "security": "none", "from": "r@example.org"}
    said["timeout_seconds"] = "2"
    return {"kind": "smtp", **{f"mail-{name}": value for name, value in (said | how).items()}}


def test_the_mail_server_is_saved(asking: Asking, town: Town) -> None:
    admin = asking(Role.ADMIN)
    answer = admin.post(url(town, "settings-mail"), {**smtp(), "do": "save"})
    assert answer.status_code == 302
    saved = mail_settings(town.district)
    assert saved is not None
    assert saved.type == "smtp"
    assert AuditEntry.objects.filter(district=town.district, what="mail server").exists()


def test_a_password_is_never_shown_again(asking: Asking, town: Town) -> None:
    admin, where = asking(Role.ADMIN), url(town, "settings-mail")
    sent = smtp(security="starttls", user="r", password="hush hush")
    admin.post(where, {**sent, "do": "save"})
    assert "hush hush" not in page(admin, where)


def test_a_mistake_is_told_at_its_field(asking: Asking, town: Town) -> None:
    answer = asking(Role.ADMIN).post(url(town, "settings-mail"), {**smtp(port="0"), "do": "save"})
    said = answer.content.decode()
    assert "greater than or equal to 1" in said
    saved = mail_settings(town.district)
    assert saved is not None
    assert saved.type == "folder"


def test_a_test_mail_is_sent_with_settings_that_are_not_saved(asking: Asking, town: Town) -> None:
    (town.folder / "other").mkdir()
    sent = {"kind": "folder", "mail-path": str(town.folder / "other"), "mail-from": "r@example.org"}
    answer = asking(Role.ADMIN).post(
        url(town, "settings-mail"), {**sent, "do": "test", "recipient": "me@example.org"}
    )
    assert "The mail server accepted the test mail" in answer.content.decode()
    assert len(list((town.folder / "other").glob("*.eml"))) == 1
    assert str(town.mailbox) in str(mail_settings(town.district))


def test_a_test_mail_that_fails_says_what_to_do(asking: Asking, town: Town) -> None:
    sent = {**smtp(), "do": "test", "recipient": "me@example.org"}
    said = asking(Role.ADMIN).post(url(town, "settings-mail"), sent).content.decode()
    assert 'role="alert"' in said
    assert "Who:" in said


# Retention


def test_the_school_year_is_changed_and_a_wrong_one_is_not(asking: Asking, town: Town) -> None:
    admin, where = asking(Role.ADMIN), url(town, "settings-district")
    sent = {"name": "Town", "state": "CA", "timezone": "America/Denver", "school_year": "2017-2019"}
    form = {f"district-{name}": value for name, value in sent.items()}
    assert "aria-invalid" in admin.post(where, form).content.decode()
    admin.post(where, {**form, "district-school_year": "2017-2018"})
    town.district.refresh_from_db()
    assert (town.district.school_year, town.district.timezone) == ("2017-2018", "America/Denver")
    assert AuditEntry.objects.filter(district=town.district, what="district").exists()


def test_the_configuration_is_a_file_without_secrets(asking: Asking, town: Town) -> None:
    answer = asking(Role.ADMIN).get(url(town, "settings-district-config"))
    document = tomllib.loads(answer.content.decode())
    assert document["district"]["code"] == town.code
    assert "casemis" in document["syncs"]


def test_retention_is_saved_and_a_number_out_of_range_is_not(asking: Asking, town: Town) -> None:
    admin, where = asking(Role.ADMIN), url(town, "settings-retention")
    assert admin.post(where, {"retention-inputs_days": "30"}).status_code == 302
    assert retention.policy(town.district).inputs_days == 30
    assert admin.post(where, {"retention-inputs_days": "-1"}).status_code == 200
    assert retention.policy(town.district).inputs_days == 30


def test_what_would_be_removed_is_counted(asking: Asking, town: Town) -> None:
    assert "Input files" in page(asking(Role.ADMIN), url(town, "settings-retention-preview"))


def test_what_is_old_is_removed_without_waiting_for_the_night(asking: Asking, town: Town) -> None:
    admin, where = asking(Role.ADMIN), url(town, "settings-retention")
    said = admin.post(where, {"do": "remove"}, follow=True).content.decode()
    assert "The removal has started" in said
    job = ProcrastinateJob.objects.filter(task_name="rollcall.retention_now").latest("pk")
    assert job.args["district"] == town.district.pk
    tasks.remove_now(**job.args)
    assert not RetentionRecord.objects.filter(district=town.district).exists()  # nothing was old


def test_what_was_and_would_be_removed_are_csv_files(asking: Asking, town: Town) -> None:
    admin = asking(Role.ADMIN)
    RetentionRecord.objects.create(
        district=town.district,
        at=town.clock.now(),
        by="schedule",
        removed={"files": {"input": {"files": 3, "runs": 1, "bytes": 10}}, "changes": 7},
    )
    was = admin.get(url(town, "settings-retention-csv")).getvalue().decode()
    assert "schedule,3,7" in was
    would = admin.get(url(town, "settings-retention-preview-csv")).getvalue().decode()
    assert "input files,0,0,0" in would


# Tokens


def test_a_token_is_shown_once(asking: Asking, town: Town) -> None:
    admin, where = asking(Role.ADMIN), url(town, "settings-tokens")
    admin.post(where, {"name": "nightly", "role": "operator", "days": "30"})
    token = ApiToken.objects.get(district=town.district)
    assert token.expires_at == town.clock.now() + timedelta(days=30)
    shown = page(admin, where)
    text = shown[shown.index('<code class="secret">') :].partition(">")[2].partition("<")[0]
    assert tokens.hashed(text) == token.sha256
    assert text not in page(admin, where)


def test_a_token_is_revoked_at_once(asking: Asking, town: Town) -> None:
    user = somebody(town, Role.ADMIN)
    token, text = tokens.make(user, town.district, Role.VIEWER, "t", town.clock)
    assert tokens.bearer(text, town.clock) is not None
    admin, where = asking(Role.ADMIN), url(town, "settings-token-revoke", number=token.pk)
    assert admin.post(where).status_code == 302
    assert tokens.bearer(text, town.clock) is None
    assert admin.post(where).status_code == 400


# Audit log


def test_the_log_is_filtered_by_person_action_and_time(asking: Asking, town: Town) -> None:
    admin, where = asking(Role.ADMIN), url(town, "settings-audit")
    record(town.clock, "jo@example.org", Action.SAW, "student 4711", district=town.district)
    record(town.clock, "jo@example.org", Action.APPROVED, "run 9", district=town.district)
    town.clock.time += timedelta(days=1)
    record(town.clock, "al@example.org", Action.SAW, "student 4712", district=town.district)
    said = page(admin, f"{where}?who=jo@example.org&action=saw")
    assert "student 4711" in said
    assert "run 9" not in said
    assert "student 4712" not in said
    said = page(admin, f"{where}?since=2016-12-06")
    assert "student 4712" in said
    assert "student 4711" not in said
    assert "student 4711" in page(admin, f"{where}?until=2016-12-05")


def test_the_log_shows_sign_ins_of_the_district_and_of_no_other(asking: Asking, town: Town) -> None:
    mine, theirs = somebody(town, Role.VIEWER), somebody(another_town(town), Role.VIEWER)
    for user in (mine, theirs):
        record(town.clock, user.email, Action.SIGNED_IN)
    said = page(asking(Role.ADMIN), url(town, "settings-audit") + "?action=signed+in")
    assert f'<th scope="row">{breaking(mine.email)}' in said
    assert breaking(theirs.email) not in said


def test_the_log_is_a_csv_file_and_taking_it_is_written_down(asking: Asking, town: Town) -> None:
    record(town.clock, "jo@example.org", Action.SAW, "student 4711", district=town.district)
    answer = asking(Role.ADMIN).get(url(town, "settings-audit-csv") + "?who=jo@example.org")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[1:] == ["2016-12-05T12:00:00-08:00,jo@example.org,saw,student 4711,"]
    assert AuditEntry.objects.filter(district=town.district, what="audit log").exists()


# About


def test_about_says_how_it_is(asking: Asking, town: Town) -> None:
    said = page(asking(Role.ADMIN), url(town, "settings-about"))
    assert "PostgreSQL" in said
    assert "No worker is running." in said


def test_nobody_but_admins_finds_the_settings(asking: Asking, town: Town) -> None:
    approver = asking(Role.APPROVER)
    assert approver.get(url(town, "settings-people")).status_code == 403
    assert "Settings" not in page(approver, url(town, "home"))


def test_an_admin_who_steps_down_is_led_home(town: Town) -> None:
    user, _ = somebody(town, Role.ADMIN), somebody(town, Role.ADMIN)
    mine = member(town, user.email)
    answer = client_of(user).post(
        url(town, "settings-person-role", member=mine.pk), {"role": "viewer"}
    )
    assert answer["Location"] == url(town, "home")
    assert people.members(town.district).filter(role=Role.ADMIN).count() == 1


def test_people_and_tokens_are_csv_files_without_the_secret(town: Town) -> None:
    user = somebody(town, Role.ADMIN)
    token, text = tokens.make(user, town.district, Role.VIEWER, "nightly", town.clock)
    listed = {
        name: b"".join(
            client_of(user).get(url(town, f"settings-{name}-csv")).streaming_content  # type: ignore[attr-defined]
        ).decode()
        for name in ("people", "tokens")
    }
    assert f"{user.email},,admin," in listed["people"]
    assert (
        f"nightly,{token.start},viewer,{user.email},2016-12-05T12:00:00-08:00,," in listed["tokens"]
    )
    assert text not in listed["tokens"]
