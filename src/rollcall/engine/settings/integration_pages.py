"""What an integration's own page shows for a district."""

from collections.abc import Mapping

from pydantic import BaseModel

from rollcall.core.integration import Integration
from rollcall.core.pages import Asked, Page, Shown
from rollcall.engine.clock import Clock
from rollcall.engine.models import Sync
from rollcall.engine.plans.planning import context_for, snapshot_transaction
from rollcall.engine.settings.config import Mistakes, settings_of
from rollcall.records import read
from rollcall.records.models import District


def shown(
    district: District, integration: Integration, page: Page, query: Mapping[str, str], clock: Clock
) -> Shown | None:
    """What the page shows; None where the district has no sync of the integration."""
    syncs = list(Sync.objects.filter(district=district, integration=integration.name))
    if not syncs:
        return None
    with snapshot_transaction() as (database, _):
        frames = {
            view: read.view(database, view, district.pk, district.school_year)
            for view in page.views
        }
    settings = {sync.name: own for sync in syncs if (own := settings_that_fit(sync))}
    return page.show(
        frames, Asked(settings, query, context_for(district, district.school_year, clock))
    )


def settings_that_fit(sync: Sync) -> BaseModel | None:
    """A sync's own settings; None where they do not fit any more."""
    saved = sync.version.config.get("settings", {})
    try:
        return settings_of(sync.name, sync.integration, saved, sync.district.state)
    except Mistakes:
        return None
