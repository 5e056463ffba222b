"""Tags of all pages: addresses within the district, navigation, badges, local times."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.template import Context

from rollcall.console.frame.inline_markup import breaking, ticked
from rollcall.console.frame.navigation import Link, links
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_words import input_titles
from rollcall.engine import registry
from rollcall.engine.models import Run

register = template.Library()
register.filter(breaking)
register.filter(ticked)


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[Link]:
    """The links of the navigation for this person; none outside of a district."""
    visit, match = _visit(context), context["request"].resolver_match
    return list(links(visit, match.view_name if match else "")) if visit else []


@register.simple_tag(takes_context=True)
def at(context: Context, page: str, **parts: Any) -> str:
    """The address of a page of this district: {% at "run" number=run.pk %}."""
    visit = _visit(context)
    return visit.url(page, **parts) if visit else ""


@register.inclusion_tag("frame/parts/badge.html")
def badge(word: str, tone: str) -> dict[str, str]:
    """A state as word + icon + color. `tone`: good, attention, bad, quiet or busy."""
    return {"word": word, "tone": tone}


@register.simple_tag(takes_context=True)
def local(context: Context, moment: datetime | None, form: str = "%a %b %-d, %Y %-I:%M %p") -> str:
    """A moment on the district's clock; nothing for none."""
    visit = _visit(context)
    if moment is None or visit is None:
        return ""
    here = moment.astimezone(ZoneInfo(visit.district.timezone))
    return here.strftime(form.replace("%p", f"{here:%p}".lower()))


@register.simple_tag(takes_context=True)
def school(context: Context, code: str | None) -> str:
    """A school's name by its code; "school 12" when it has none."""
    visit = _visit(context)
    names = visit.school_names if visit else {}
    return names.get(code or "") or (f"school {code}" if code else "")


@register.simple_tag
def input_title(run: Run, name: str) -> str:
    """The title of an input of a run: "Student Data (Table A)" for "students"."""
    return input_titles(registry.integration(run.sync.integration)).get(name, name)


def _visit(context: Context) -> Visit | None:
    """Who is here, if this is a page of a district."""
    return getattr(context.get("request"), "visit", None)
