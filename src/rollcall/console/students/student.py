"""A student: the records about them, their timeline, and the last row about them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import polars as pl
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.access.audit import Action
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.request_values import number
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_words import row_changes
from rollcall.console.students.student_timeline import Labels, entries
from rollcall.core.plans.record_fields import words_of
from rollcall.core.plans.record_types import RecordType
from rollcall.core.problems import Problem
from rollcall.engine.plans.explaining import explain
from rollcall.engine.students import editing
from rollcall.engine.students.student_rows import history, last_rows
from rollcall.records.models import District
from rollcall.records.student_file import Held, StudentFile, student_file
from rollcall.records.types import RECORD_TYPES

#: Changes on a page of the timeline, and read together for its CSV.
_SIZE, _BATCH = 50, 500
_HEADER = ("At", "Record", "Key", "Kind", "Field", "Before", "After", "Run", "Line", "By")

#: By column, what its codes mean.
_Codes = Mapping[str, Mapping[str, str]]
_NO_CODES: _Codes = MappingProxyType({})


@dataclass(frozen=True)
class Value:
    """One field of a record under its label; of a code also what it means."""

    label: str
    value: Any
    means: str


@dataclass(frozen=True)
class Card:
    """One record: its filled values, and the number by which it is edited."""

    record: RecordType
    number: int
    values: list[Value]


@dataclass(frozen=True)
class Table:
    """Records of a type of which a student has several: a row each, only columns with values."""

    title: str
    header: list[str]
    rows: list[Card]


def student(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:
    """The records about a student."""
    file = file_of(visit, id)
    visit.note(Action.SAW, f"student {id}")
    labels = labels_of(visit.district, file)
    schools = {"school_code": visit.school_names}
    codes = {
        name: {**schools, **editing.code_words(name)}
        for name, records in file.records.items()
        if records
    }
    types = [(RECORD_TYPES[name], records) for name, records in file.records.items()]
    context = {
        **student_head(file, id, "student"),
        "card": _card(file.student, labels, schools),
        "tables": [
            _table(type, records, labels.get(type.name, {}), codes.get(type.name, {}))
            for type, records in types
            if not type.once_a_student and (records or type.always_shown)
        ],
        "cards": [
            _card(record, labels, codes.get(type.name, {}))
            for type, records in types
            if type.once_a_student
            for record in records
        ],
    }
    return render(request, "students/student.html", context)


def records_csv(request: HttpRequest, visit: Visit, id: int) -> StreamingHttpResponse:
    """The same records, a line for each field."""
    file = file_of(visit, id)
    visit.note(Action.EXPORTED, f"records of student {id}")
    labels = labels_of(visit.district, file)
    records = [file.student, *(record for records in file.records.values() for record in records)]
    cells = (
        (card.record.singular, place, value.label, value.value)
        for place, card in enumerate((_card(record, labels) for record in records), 1)
        for value in card.values
    )
    return csv_file(visit, f"student-{id}", ("Record", "Number", "Field", "Value"), cells)


def timeline(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:
    """Everything that happened to a student's records, the newest first."""
    file = file_of(visit, id)
    visit.note(Action.SAW, f"student {id}")
    before = number(request.GET, "before")
    changes = history(visit.district, file.local_id, before, _SIZE + 1)
    listed = entries(changes, labels_of(visit.district, file))
    context = {
        **student_head(file, id, "student-timeline"),
        "entries": listed[:_SIZE],
        "newer": before is not None,
        "older": listed[_SIZE - 1].pk if len(listed) > _SIZE else None,
    }
    return render(request, "students/student_timeline.html", context)


def timeline_csv(request: HttpRequest, visit: Visit, id: int) -> StreamingHttpResponse:
    """The full timeline, a line for each field."""
    file = file_of(visit, id)
    visit.note(Action.EXPORTED, f"timeline of student {id}")

    def rows() -> Iterator[tuple[object, ...]]:
        columns = ("record", "key", "kind", "field", "before", "after", "run_id", "line")
        by = pl.coalesce("person", "source").alias("by")
        before: int | None = None
        while not (page := history(visit.district, file.local_id, before, _BATCH)).is_empty():
            yield from page.select("at", *columns, by).rows()
            before = page["id"][-1]

    return csv_file(visit, f"student-{id}-timeline", _HEADER, rows())


def rows(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:
    """The last row of each sync about a student, explained.

    Reading the plan takes a while: the page comes at once, and asks for the part (by htmx, or by
    the link "now").
    """
    file = file_of(visit, id)
    context = student_head(file, id, "student-rows")
    if not (part := bool(request.headers.get("HX-Request"))) and "now" not in request.GET:
        return render(request, "students/student_rows.html", context)
    visit.note(Action.SAW, f"last rows of student {id}")
    places = last_rows(visit.district, file.local_id)
    sync = request.GET.get("sync")
    first = places[0] if places else None
    place = next((place for place in places if place.run.sync.name == sync), first)
    context |= {"places": places, "place": place, "loaded": True}
    if place is not None:
        try:
            explanation = explain(place.run, place.line, place.input)
            changes = row_changes(place.run, explanation)
            context |= {"explanation": explanation, "changes": changes}
        except Problem as problem:
            context["problem"] = problem
    template = "students/parts/last_row.html" if part else "students/student_rows.html"
    return render(request, template, context)


def file_of(visit: Visit, id: int) -> StudentFile:
    """All the district's records about the student; Http404 when no student has that number."""
    connection.ensure_connection()
    file = student_file(connection.connection, visit.district.pk, id)
    if file is None:
        raise Http404
    return file


def labels_of(district: District, file: StudentFile) -> Labels:
    """The labels for the columns of the record types that the student has records of."""
    names = ["student", *(name for name, records in file.records.items() if records)]
    return {
        record: {name: field.label for name, field in editing.fields(district, record).items()}
        for record in names
    }


def student_head(file: StudentFile, id: int, tab: str) -> dict[str, Any]:
    """What every page about a student shows (`parts/student_head.html`)."""
    return {"id": id, "values": file.student.values, "ids": file.partner_ids, "tab": tab}


def _values(
    record: Held, columns: list[str], labels: Mapping[str, str], codes: _Codes
) -> list[Value]:
    return [
        Value(
            labels.get(name) or words_of(name),
            record.values[name],
            codes.get(name, {}).get(str(record.values[name]), ""),
        )
        for name in columns
    ]


def _card(record: Held, labels: Labels, codes: _Codes = _NO_CODES) -> Card:
    shown = [column for column in _shown(record.record) if record.values[column] is not None]
    values = _values(record, shown, labels.get(record.record.name, {}), codes)
    return Card(record.record, record.number, values)


def _table(
    type: RecordType, records: list[Held], labels: Mapping[str, str], codes: _Codes
) -> Table:
    columns = [
        column for column in _shown(type) if any(record.values[column] for record in records)
    ]
    rows = [
        Card(type, record.number, _values(record, columns, labels, codes)) for record in records
    ]
    return Table(type.title, [labels.get(name) or words_of(name) for name in columns], rows)


def _shown(type: RecordType) -> list[str]:
    """The columns of a record that are shown: the district's id is under IDs."""
    return [name for name in type.schema if name not in ("local_id", type.numbering)]
