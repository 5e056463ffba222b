"""Why rows are not matched, or against what they are: the rules and the findings that say so."""

from collections.abc import Mapping

from rollcall.core.findings import Codes, Severity

_SOURCE = "the office that keeps the partner's system"
_DISTRICT = "the office that keeps student records"

#: Why a row was not matched, or against what, as its `rule` says, and the finding that says so.
REASONS: Mapping[str, str] = {
    "unknown_state_id": Codes.add(
        "match.unknown_state_id",
        Severity.WARNING,
        "No student has this row's state id",
        "Correct the id in the partner's system, or enter it with the student. A row with an id is "
        "never matched by name.",
        _SOURCE,
    ),
    "shared_state_id": Codes.add(
        "match.shared_state_id",
        Severity.ERROR,
        "Several students have this row's state id",
        "Correct the state id of the students named, then run the import again.",
        _DISTRICT,
    ),
    "unknown_name": Codes.add(
        "match.unknown_name",
        Severity.WARNING,
        "The row has no state id, and no student has its name and birth date",
        "Enter the state id in the partner's system, or correct the name or the birth date.",
        _SOURCE,
    ),
    "shared_name": Codes.add(
        "match.shared_name",
        Severity.ERROR,
        "The row has no state id, and several students have its name and birth date",
        "Enter the state id in the partner's system.",
        _SOURCE,
    ),
    "nothing_to_match_on": Codes.add(
        "match.nothing_to_match_on",
        Severity.WARNING,
        "The row has no state id, and its name or birth date is missing",
        "Enter the state id in the partner's system.",
        _SOURCE,
    ),
    "same_state_id": Codes.add(
        "match.same_state_id",
        Severity.ERROR,
        "The file has this state id more than once, so none of these rows is used",
        "Remove the wrong rows in the partner's system and extract the file again.",
        _SOURCE,
    ),
    "same_student": Codes.add(
        "match.same_student",
        Severity.ERROR,
        "Several rows of the file belong to one student, so none of them is used",
        "Remove the wrong rows in the partner's system and extract the file again. Where a person "
        "linked one of them to the student by mistake, revoke that decision.",
        _SOURCE,
    ),
    "state_id_over_link": Codes.add(
        "match.state_id_over_link",
        Severity.WARNING,
        "The row's state id belongs to another student than the one a person linked it to; the "
        "state id was followed",
        "Correct the state id of the student that has it by mistake, or revoke the link.",
        _DISTRICT,
    ),
    "linked_student_gone": Codes.add(
        "match.linked_student_gone",
        Severity.WARNING,
        "A person linked the row to a student whom the district no longer has",
        "Link it to another student, or revoke the decision.",
        _DISTRICT,
    ),
    "different_person": Codes.add(
        "match.different_person",
        Severity.INFO,
        "A person decided that the row is not the student whom it fits",
        "Link it to the right student, or revoke the decision.",
        _DISTRICT,
    ),
    "ignored": Codes.add(
        "match.ignored",
        Severity.INFO,
        "A person decided to leave the row alone for now",
        "Nothing until the day they named; revoke the decision to look at it earlier.",
        _DISTRICT,
    ),
}
