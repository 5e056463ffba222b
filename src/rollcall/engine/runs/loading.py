"""Loading the district's records: a run of the built-in sync `records` on given files."""

from pathlib import Path

from rollcall.core.files.bundles import by_input, known_names
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.models import Sync
from rollcall.engine.runs.inputs.uploads import BUNDLE
from rollcall.engine.settings.configure import save_version
from rollcall.records.models import District

#: The built-in sync; its integration is the one whose syncs usually have that name.
RECORDS_SYNC = "records"


def records_sync(district: District, clock: Clock, person: str) -> Sync:
    """The district's `records` sync, made on first use unless the configuration declares one."""
    (loading,) = (
        name for name in registry.names() if registry.integration(name).usual_sync == RECORDS_SYNC
    )
    sync, added = Sync.objects.select_related("district").get_or_create(
        district=district,
        name=RECORDS_SYNC,
        defaults={"integration": loading, "schedule_seen": clock.now()},
    )
    if added:
        save_version(sync, {}, clock, person)
    return sync


def record_files(path: Path, sync: Sync) -> dict[str, Path]:
    """The files of a folder that the sync's integration reads, by input name; a zip as it is, for
    the run to unpack. Problem when a folder has none of them, or two for one input.
    """
    if not path.is_dir():
        return {BUNDLE: path}
    integration = registry.integration(sync.integration)
    settings = integration.settings.model_validate(sync.version.config.get("settings", {}))
    files = {file.name: file for file in sorted(path.iterdir()) if file.is_file()}
    by_name = by_input(files, known_names(integration, settings))
    return {input: files[name] for input, name in by_name.items()}
