"""Tags about syncs that send."""

from django import template
from django.template import Context

from rollcall.console.frame.visit import Visit
from rollcall.console.sending import jobs
from rollcall.engine.models import Run, Sync

register = template.Library()


@register.simple_tag(takes_context=True)
def senders(context: Context) -> list[Sync]:
    """The syncs of this district that send, by name."""
    visit: Visit | None = getattr(context.get("request"), "visit", None)
    return jobs.senders(visit.district) if visit else []


@register.simple_tag
def job_of(run: Run) -> str:
    """A run's job and its scope in words: "Update Grade, grade 5"."""
    return jobs.job_words(run)
