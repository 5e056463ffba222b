"""Step one of a run: its inputs, from uploads or from the connection, stored as artifacts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from pydantic import BaseModel

from rollcall.core.findings import Codes, Severity
from rollcall.core.integration import Input, Integration
from rollcall.core.problems import Problem
from rollcall.core.sending.pages import read_all
from rollcall.core.settings.limits import told_size
from rollcall.engine import artifacts, registry
from rollcall.engine.clock import Clock
from rollcall.engine.connections.reach import reach_of
from rollcall.engine.models import Artifact, Run, RunState, undone
from rollcall.engine.outbound.channels import open_channel
from rollcall.engine.runs.inputs import upload_room
from rollcall.engine.runs.inputs.unpacking import unpack
from rollcall.engine.runs.inputs.uploads import BUNDLE
from rollcall.engine.runs.inputs.waiting_for_files import wait_until_settled
from rollcall.engine.runs.results import single_finding
from rollcall.engine.settings import configure
from rollcall.engine.settings.installation_settings import limits
from rollcall.records.match_decisions import decided_since
from rollcall.transports.errors import TransportError
from rollcall.transports.kinds import open_transport
from rollcall.transports.port import Transport

#: How long a server may take for an answer that a person waits for, seconds.
_LONGEST_LOOK = 10.0

INPUT_MISSING = Codes.add(
    "input.missing",
    Severity.ERROR,
    "An input this job needs was not given",
    "Give it with --input NAME=PATH, or set the sync's connection and file names.",
    "the district's data manager",
)
NO_CONNECTION = Codes.add(
    "sync.no_connection",
    Severity.ERROR,
    "This sync has no connection to fetch its files from",
    "Name a connection in the sync's configuration, or give the files with --input NAME=PATH.",
    "the person who keeps the configuration file",
)
FILE_TOO_LARGE = Codes.add(
    "file.too_large",
    Severity.ERROR,
    "The file at the connection is larger than this installation takes",
    "Look at what the partner wrote; if the file is right, ask whoever runs the server to raise "
    "`limits.upload_mib`.",
    "the person responsible for the partner system",
)
SIZE_UNKNOWN = Codes.add(
    "file.size_unknown",
    Severity.INFO,
    "The file server does not send the file's size, so the size could not confirm that the full "
    "file arrived",
    "Compare the number of rows read with what the other system exported. If rows are missing, ask "
    "the owner of the file server to have it send file sizes.",
    "the person who set up the connection",
)
FILE_UNCHANGED = Codes.add(
    "file.unchanged",
    Severity.WARNING,
    "The files are the same, to the byte, as those of the last run, so nothing was imported",
    "See whether the partner system still writes new files; to import them again, force the run.",
    "the person responsible for the partner system",
)


def fetch(
    run: Run, integration: Integration, settings: BaseModel, clock: Clock
) -> dict[str, Artifact]:
    """The run's inputs by name, each stored. What is stored already is not fetched again.

    With uploads, only what was uploaded is read; a bundle is unpacked. Problem or TransportError
    when an input that is required or included is missing, unreachable or still being written.
    """
    stored = {artifact.name: artifact for artifact in run.artifacts.filter(kind="input")}
    if (bundle := artifacts.find(run, "bundle", BUNDLE)) is not None:
        stored |= unpack(run, integration, settings, bundle)
    elif not any("upload" in artifact.source for artifact in stored.values()):
        stored |= _fetch_missing(run, integration, settings, clock, stored)
        stored |= _read_from_partner(run, integration, settings, clock, stored)
    for input in integration.inputs:
        if input.required and input.name not in stored and not run.partial:
            raise Problem(INPUT_MISSING, input.name)
    return {input.name: stored[input.name] for input in integration.inputs if input.name in stored}


def _fetch_missing(
    run: Run,
    integration: Integration,
    settings: BaseModel,
    clock: Clock,
    stored: Mapping[str, Artifact],
) -> dict[str, Artifact]:
    missing = {
        input: filenames
        for input in integration.inputs
        if input.name not in stored and (filenames := input.filenames(settings))
    }
    if not missing:
        return {}
    if run.sync.connection is None:
        raise Problem(NO_CONNECTION)
    fetched = {}
    with open_transport(
        configure.connection_settings(run.sync.connection), reach_of(run.district)
    ) as transport:
        for input, filenames in missing.items():
            artifact = _fetch_one(run, transport, input, filenames, clock)
            if artifact is not None:
                fetched[input.name] = artifact
    return fetched


def _fetch_one(
    run: Run, transport: Transport, input: Input, filenames: Sequence[str], clock: Clock
) -> Artifact | None:
    """The file stored, by the first of its names that is there; None when it need not be there."""
    for filename in filenames:
        try:
            stat = wait_until_settled(transport, filename, clock)
            break
        except TransportError as error:
            needed = filename == filenames[-1] and not input.may_be_absent
            if needed or error.code != "file.missing":
                raise
    else:
        return None
    room_left = _Room(filename, limits().upload_bytes)
    room_left.check(stat.size or 0)
    upload_room.check(run.district_id, stat.size or 0)
    source = {"file": filename, "size": stat.size, "modified": stat.modified.isoformat()}
    content = room_left.counted(transport.read(filename))
    artifact = artifacts.store(run, "input", input.name, content, source)
    if stat.size is None:
        upload_room.check(run.district_id, 0)  # what was stored counts by now
    return artifact


def _read_from_partner(
    run: Run,
    integration: Integration,
    settings: BaseModel,
    clock: Clock,
    stored: Mapping[str, Artifact],
) -> dict[str, Artifact]:
    """Each input that is a resource of the partner's, stored as the file its layout reads: so it is
    guarded, explained and read again like one. By all its columns in order, so that the same
    records are the same file.
    """
    missing = [input for input in integration.inputs if input.resource and input.name not in stored]
    if not missing:
        return {}
    channel = open_channel(run.sync, integration.outbound, settings, run.school_year, clock)
    try:
        artifacts_read = {}
        for input in missing:
            documents = read_all(channel, input.resource, clock.sleep)
            names = [name for name in input.layout(settings).names if name in documents.columns]
            content = documents.select(names).sort(names).write_csv().encode()
            _Room(input.resource, limits().upload_bytes).check(len(content))
            upload_room.check(run.district_id, len(content))
            source = {"resource": input.resource, "size": len(content)}
            artifacts_read[input.name] = artifacts.store(
                run, "input", input.name, [content], source
            )
    finally:
        channel.close()
    return artifacts_read


@dataclass(frozen=True)
class _Room:
    """How large a fetched file can be, by what the server says and by what comes."""

    filename: str
    most: int

    def check(self, size: int) -> None:
        """Problem when the file is larger."""
        if size > self.most:
            detail = f"{told_size(size)}; at most {told_size(self.most)}"
            raise Problem(FILE_TOO_LARGE, f"{self.filename}: {detail}")

    def counted(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The blocks; Problem once they are more: a server may send no size."""
        size = 0
        for block in blocks:
            size += len(block)
            self.check(size)
            yield block


def without_size(inputs: Mapping[str, Artifact]) -> list[dict[str, Any]]:
    """A finding that names the inputs whose server sent no size to hold them against."""
    files = [a.source["file"] for a in inputs.values() if a.source.get("size", 0) is None]
    return [single_finding(SIZE_UNKNOWN, ", ".join(files))] if files else []


def same_as_last(run: Run, inputs: Mapping[str, Artifact]) -> bool:
    """Whether the last run that was applied read exactly these bytes, to decide them alike.

    Promise 7: old news is not good news. The last of all runs counts, and the last whose inputs
    came the same way: a corrected report sent in between makes the partner's file no newer.
    """
    digests = {name: artifact.sha256 for name, artifact in inputs.items()}
    return any(
        _decides_alike(last, run)
        and digests == dict(last.artifacts.filter(kind="input").values_list("name", "sha256"))
        for last in (last_applied(run), last_comparable(run))
        if last is not None
    )


def _decides_alike(last: Run, run: Run) -> bool:
    """Whether the same input would be read and decided the same way."""
    settings = [
        earlier_or_this.version.config.get("settings", {}) for earlier_or_this in (last, run)
    ]
    if settings[0] != settings[1] or last.school_year != run.school_year:
        return False
    integration = last.sync.integration
    if "match_decisions" not in registry.integration(integration).views:
        return True
    # Unless people have decided about rows of the integration since that run was applied.
    connection.ensure_connection()
    return not decided_since(
        connection.connection, last.district_id, last.applied_snapshot, integration
    )


def last_applied(run: Run) -> Run | None:
    """The last earlier live run of the same sync and job, of whole files (or of parts) as this one,
    that wrote what it planned.
    """
    return _applied_before(run).first()


def last_comparable(run: Run) -> Run | None:
    """The last applied run whose inputs came the same way, fetched or uploaded.

    An uploaded file is often a part, such as a corrected report: its size says nothing about the
    size of the files at the connection.
    """
    fetched = Artifact.objects.filter(
        run=OuterRef("pk"), kind="input", source__has_any_keys=["file", "resource"]
    )
    uploaded = run.artifacts.filter(kind="input", source__has_key="upload").exists()
    alike = ~Exists(fetched) if uploaded else Exists(fetched)
    return _applied_before(run).filter(alike).first()


def _applied_before(run: Run) -> QuerySet[Run]:
    return (
        Run.objects.filter(sync=run.sync, job=run.job, test=False, state=RunState.DONE)
        .filter(pk__lt=run.pk, undo_of=None, partial=run.partial)
        .exclude(undone())
        .order_by("-pk")
    )


def moved_at_source(run: Run) -> str:
    """Which inputs now look different at the connection than when they were fetched, in words; ""
    when none does. A person waits for it, and so does a thread that answers pages: a server that
    is slow is not waited for.
    """
    fetched = [a for a in run.artifacts.filter(kind="input") if "file" in a.source]
    if not fetched or run.sync.connection is None:
        return ""
    settings = configure.connection_settings(run.sync.connection)
    quick = settings.waiting_at_most(_LONGEST_LOOK)
    with open_transport(quick, reach_of(run.district)) as transport:
        newer = [artifact.name for artifact in fetched if _differs(transport, artifact)]
    return f"there is a newer file for {', '.join(newer)}" if newer else ""


def _differs(transport: Transport, artifact: Artifact) -> bool:
    try:
        stat = transport.stat(artifact.source["file"])
    except TransportError as error:
        if error.code == "file.missing":
            return True
        raise
    as_found = {"size": stat.size, "modified": stat.modified.isoformat()}
    return any(artifact.source[part] != value for part, value in as_found.items())
