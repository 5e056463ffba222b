"""A student: the records held about them, their timeline, and the last row that concerned them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import polars as pl
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.access.audit import Action
from rollcall.console.frame.asked import number
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_words import told_changes
from rollcall.console.students import student_timeline
from rollcall.core.plans.record_fields import words_of
from rollcall.core.problems import Problem
from rollcall.engine.plans.explaining import explain
from rollcall.engine.students import editing
from rollcall.engine.students.student_rows import history, last_rows
from rollcall.records.models import District
from rollcall.records.student_file import Held, StudentFile, student_file

#: Changes on a page of the timeline, and at once for its CSV.
_SIZE, _AT_ONCE = 50, 500
_HEADER = ("At", "Record", "Key", "Kind", "Field", "Before", "After", "Run", "Line", "By")

#: Record types of which a student has several, and one at most, with their titles; and of which it
#: is said when there is none.
_TABLES = {"enrollment": "Enrollments", "program": "Programs", "service": "Services"}
_CARDS = {"demographics": "Demographics", "special_education": "Special education"}
_ALWAYS = frozenset({"enrollment", "service"})

#: Columns that a record does not show: the district's id stands under Ids, the other tells equal
#: services apart.
_SILENT = frozenset({"local_id", "occurrence"})


@dataclass(frozen=True)
class Value:
    """One field of a record, under the words for it; of a code also what it means."""

    label: str
    value: Any
    means: str = ""


@dataclass(frozen=True)
class Card:
    """One record: its values that there are, and whether and by what number it can be edited."""

    record: str
    number: int
    values: list[Value]


@dataclass(frozen=True)
class Table:
    """Records of a type of which a student has several: a row each, only columns with values."""

    title: str
    record: str
    header: list[str]
    rows: list[Card]


def student(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:
    """The records held about a student."""
    file = _seen(visit, id)
    labels, codes = labels_of(visit.district, file), _codes_of(file)
    shown = {
        **_head(file, id, "student"),
        "card": _card(file.student, labels),
        "tables": [
            _table(title, file.records[record], labels, codes.get(record, {}))
            for record, title in _TABLES.items()
            if file.records[record] or record in _ALWAYS
        ],
        "cards": [
            (title, student_timeline.RECORDS[record], _card(held, labels, codes.get(record, {})))
            for record, title in _CARDS.items()
            for held in file.records[record]
        ],
    }
    return render(request, "students/student.html", shown)


def records_csv(request: HttpRequest, visit: Visit, id: int) -> StreamingHttpResponse:
    """The same records, a line a field."""
    file = file_of(visit, id)
    visit.note(Action.EXPORTED, f"records of student {id}")
    labels = labels_of(visit.district, file)
    every = [file.student, *(one for held in file.records.values() for one in held)]
    cells = (
        (student_timeline.RECORDS[card.record], place, one.label, one.value)
        for place, card in enumerate((_card(held, labels) for held in every), 1)
        for one in card.values
    )
    return csv_file(visit, f"student-{id}", ("Record", "Number", "Field", "Value"), cells)


def timeline(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:
    """Everything that happened to a student's records, the newest first."""
    file = _seen(visit, id)
    before = number(request.GET, "before")
    found = history(visit.district, file.local_id, before, _SIZE + 1)
    told = student_timeline.entries(found, labels_of(visit.district, file))
    more = len(told) > _SIZE
    shown = {
        **_head(file, id, "student-timeline"),
        "happened": told[:_SIZE],
        "newer": before is not None,
        "older": told[_SIZE - 1].pk if more else None,
    }
    return render(request, "students/student_timeline.html", shown)


def timeline_csv(request: HttpRequest, visit: Visit, id: int) -> StreamingHttpResponse:
    """The whole timeline, a line a field."""
    file = file_of(visit, id)
    visit.note(Action.EXPORTED, f"timeline of student {id}")
    return csv_file(visit, f"student-{id}-timeline", _HEADER, _cells(visit.district, file.local_id))


def rows(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:
    """The last row of each sync that concerned a student, explained.

    Reading the plan takes a while: the page comes at once, and asks for the part (by htmx, or by
    the link "now").
    """
    file = file_of(visit, id)
    if not (part := bool(request.headers.get("HX-Request"))) and "now" not in request.GET:
        return render(request, "students/student_rows.html", _head(file, id, "student-rows"))
    visit.note(Action.SAW, f"last rows of student {id}")
    places = last_rows(visit.district, file.local_id)
    wanted = next((p for p in places if p.run.sync.name == request.GET.get("sync")), None)
    place = wanted or (places[0] if places else None)
    shown = {**_head(file, id, "student-rows"), "places": places, "place": place, "loaded": True}
    if place is not None:
        try:
            shown["told"] = told = explain(place.run, place.line, place.input)
            shown["changes"] = told_changes(place.run, told)
        except Problem as problem:
            shown["problem"] = problem
    name = "students/parts/last_row.html" if part else "students/student_rows.html"
    return render(request, name, shown)


def file_of(visit: Visit, id: int) -> StudentFile:
    """All the district holds about the student; Http404 when there is none of that number."""
    connection.ensure_connection()
    found = student_file(connection.connection, visit.district.pk, id)
    if found is None:
        raise Http404
    return found


def labels_of(district: District, file: StudentFile) -> dict[str, dict[str, str]]:
    """The words for the columns of the record types that the student has records of."""
    there = ["student", *(name for name, held in file.records.items() if held)]
    return {
        record: {name: field.label for name, field in editing.fields(district, record).items()}
        for record in there
    }


#: By column, what its codes mean.
_Codes = Mapping[str, Mapping[str, str]]


def _codes_of(file: StudentFile) -> dict[str, _Codes]:
    return {name: editing.code_words(name) for name, held in file.records.items() if held}


def _value(label: str, name: str, value: Any, codes: _Codes) -> Value:
    return Value(label, value, codes.get(name, {}).get(str(value), ""))


def _seen(visit: Visit, id: int) -> StudentFile:
    """The student's file; that this person saw it is written down."""
    found = file_of(visit, id)
    visit.note(Action.SAW, f"student {id}")
    return found


def _head(file: StudentFile, id: int, page: str) -> dict[str, Any]:
    """What every page about a student shows."""
    return {"id": id, "values": file.student.values, "ids": file.partner_ids, "tab": page}


def _card(
    held: Held, labels: Mapping[str, Mapping[str, str]], codes: _Codes = MappingProxyType({})
) -> Card:
    words = labels.get(held.record.name, {})
    filled = {
        name: value
        for name, value in held.values.items()
        if value is not None and name not in _SILENT
    }
    values = [
        _value(words.get(name) or words_of(name), name, value, codes)
        for name, value in filled.items()
    ]
    return Card(held.record.name, held.number, values)


def _table(
    title: str, held: list[Held], labels: Mapping[str, Mapping[str, str]], codes: _Codes
) -> Table:
    if not held:
        return Table(title, "", [], [])
    words = labels.get(held[0].record.name, {})
    columns = [
        name
        for name in held[0].values
        if name not in _SILENT and any(one.values[name] for one in held)
    ]
    header = [words.get(name) or words_of(name) for name in columns]
    rows = [
        Card(
            one.record.name,
            one.number,
            [
                _value(label, name, one.values[name], codes)
                for label, name in zip(header, columns, strict=True)
            ],
        )
        for one in held
    ]
    return Table(title, held[0].record.name, header, rows)


def _cells(district: District, local_id: str) -> Iterator[tuple[object, ...]]:
    columns = ("record", "key", "kind", "field", "before", "after", "run_id", "line")
    by = pl.coalesce("person", "source").alias("by")
    before: int | None = None
    while not (page := history(district, local_id, before, _AT_ONCE)).is_empty():
        yield from page.select("at", *columns, by).rows()
        before = page["id"][-1]
