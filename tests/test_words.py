"""What people read is plain US English: some words never appear (the list is in CONTRIBUTING.md).

Looked at are the texts of pages, messages, help, mails and documentation, not the code itself: of a
page what stands between its tags, of a module its strings that are sentences, of a document its
prose.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.source import SOURCE, modules

ROOT = Path(__file__).parent.parent

#: What never appears, and what to say for it.
NEVER = {
    r"pupils?(?! indicator)": "student",
    r"(un)?solved?|solves": "resolved",
    r"wants": "needs, or say what to do",
    r"holds(?! (the|a|that|this) run)": "has, contains, applies",
    r"lives(?! in\b)": "is",
    r"look(s|ed|ing)? after": "manages, takes care of",
    r"stand(s|ing)? in(?! the way)": "is used for",
    r"wish(es|ed)?": "say what is needed",
    r"told": "say who said what",
    r"somebody": "someone, or who it is",
    r"whole(?! numbers?\b)": "full, entire",
    r"own words": "quote them",
    r"enrolments?|organisations?|behaviours?|colours?|per cent|grey|licences?": "US spelling",
    r"\w+(recognis|organis|normalis|synchronis|initialis|authoris|summaris)\w*": "US spelling",
    r"(waits|stands|fails|is waiting) since": "has been waiting since",
}
FORBIDDEN = re.compile(rf"\b(?:{'|'.join(NEVER)})\b", re.IGNORECASE)

PAGES = sorted(SOURCE.rglob("*.html"))
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((SOURCE / "integrations").rglob("*.md")),
]
#: The sandbox speaks as a partner does, in the partner's words.
MODULES = [
    path
    for path in modules()
    if not {"migrations", "edfi_state", "districts"} & set(path.parts)
    and path.relative_to(SOURCE).parts[:2] != ("sandbox", "edfi")
]
_SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
_SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|FROM|WHERE|RETURNING|LOCK)\b")


def _blank(match: re.Match[str]) -> str:
    """Nothing to read, on as many lines."""
    return "\n" * match[0].count("\n")


def page_text(source: str) -> str:
    """What a template shows: no tags of Django's or HTML's, but texts in attributes."""
    shown = re.sub(r"\{[%#].*?[%#]\}|\{\{.*?\}\}", _blank, source, flags=re.DOTALL)
    read = re.compile(r"""<[^>]*?\b(?:title|aria-label|placeholder|alt)="([^"]*)"[^>]*>""")
    shown = read.sub(lambda tag: f" {tag[1]} " + _blank(tag), shown)
    return re.sub(r"<[^>]*>", _blank, shown)


def prose(source: str) -> str:
    """What a document says, without code and addresses."""
    text = re.sub(r"^ *```.*?^ *```", _blank, source, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`]*`|\]\([^)]*\)", _blank, text)


def sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The strings of a module that people read, with their lines; docstrings are for engineers."""
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            text = re.sub(r"`[^`]*`", " ", node.value)
            if _SENTENCE.search(text) and not _SQL.search(text):
                yield node.lineno, text


def forbidden(text: str) -> list[tuple[int, str]]:
    """The words in `text` that never appear, with their lines."""
    return [(text.count("\n", 0, hit.start()) + 1, hit[0]) for hit in FORBIDDEN.finditer(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_page_uses_the_words_of_the_house(page: Path) -> None:
    assert forbidden(page_text(page.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_uses_the_words_of_the_house(document: Path) -> None:
    assert forbidden(prose(document.read_text(encoding="utf-8"))) == []


def test_messages_use_the_words_of_the_house() -> None:
    hits = [
        f"{path.relative_to(SOURCE)}:{line} {word}"
        for path in MODULES
        for line, text in sentences(modules()[path])
        for _, word in forbidden(text)
    ]
    assert hits == []


def test_commands_explain_themselves_in_the_words_of_the_house() -> None:
    """The help of a command is the docstring of its function."""
    hits = [
        f"{path.relative_to(SOURCE)}:{node.name} {word}"
        for path, tree in modules().items()
        if path.is_relative_to(SOURCE / "cli")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any("command" in ast.dump(d) for d in node.decorator_list)
        for _, word in forbidden(ast.get_docstring(node) or "")
    ]
    assert hits == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The district holds 3 pupils", ["holds", "pupils"]),
        ("A guard holds the run; whole numbers only", []),
        ("Resolved since Monday", []),
        ("It waits since Monday and is solved", ["waits since", "solved"]),
    ],
)
def test_the_words_that_never_appear_are_noticed(text: str, words: list[str]) -> None:
    assert [word for _, word in forbidden(text)] == words
