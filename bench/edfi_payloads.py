"""`python -m bench.edfi_payloads SYNC FOLDER`: what a sync would send, as files of JSON lines."""

import sys
from functools import partial
from pathlib import Path

from rollcall import wiring


def main() -> None:
    """Write a file a resource; print how many documents there are."""
    wiring.set_up()
    from rollcall.core.json_documents.writing import bodies
    from rollcall.engine import registry
    from rollcall.engine.clock import SystemClock
    from rollcall.engine.models import Sync
    from rollcall.engine.outbound.mirror.planning import views_of
    from rollcall.engine.plans.planning import context_for, snapshot_transaction
    from rollcall.engine.settings.config import settings_of
    from rollcall.integrations.edfi.resources import RESOURCES
    from rollcall.integrations.edfi.settings import EdfiSettings, namespace

    name, folder = sys.argv[1], Path(sys.argv[2])
    sync = Sync.objects.select_related("district").get(name=name)
    outbound = registry.integration(sync.integration).outbound
    assert outbound is not None
    settings = settings_of(name, sync.integration, sync.version.config["settings"])
    assert isinstance(settings, EdfiSettings)
    context = context_for(sync.district, sync.district.school_year, SystemClock())
    with snapshot_transaction() as (database, _):
        views = views_of(sync, outbound, context, None, database)
    documents = outbound.documents(views, settings, context)
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for resource in RESOURCES:
        texts = bodies(resource, documents.frames[resource.name], partial(namespace, settings))
        lines = "".join(f"{text}\n" for text in texts)
        (folder / f"{resource.name}.jsonl").write_text(lines, encoding="utf-8")
        count += texts.len()
    print(count)


if __name__ == "__main__":
    main()
