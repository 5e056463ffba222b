"""Above a channel nobody knows how a partner is spoken to (issue 13): no word of HTTP, of its
statuses and headers or of how one signs in there, and no module that has them.
"""

import ast
import re
from pathlib import Path

import pytest
from tests.source import SOURCE, modules

#: Who speaks HTTP to people's browsers, to programs and to sign-on servers, not to partners.
OWN_HTTP = ("console", "api", "access", "core/sign_in", "django_settings.py")
#: Where a channel's own matter is.
BELOW = ("transports", "integrations", "sandbox", "core/json_documents")
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
#: Triggers are made for the statement DELETE of SQL.
OF_SQL = ("records/capture.py",)
WORDS = re.compile(
    r"etag|oauth|bearer|urllib.request|http_json|http_messages|pycurl|status_?code", re.I
)
STATUSES = range(100, 600)


def above() -> list[Path]:
    """The modules above a channel, from the product's root."""
    paths = [path.relative_to(SOURCE) for path in modules()]
    return [path for path in paths if not path.as_posix().startswith((*OWN_HTTP, *BELOW))]


def test_what_is_looked_at_is_what_sends() -> None:
    names = {path.as_posix() for path in above()}
    assert {
        "core/sending/channel.py",
        "engine/outbound/sender/sender.py",
        "engine/outbound/mirror/refreshing.py",
        "engine/outbound/near_real_time/attending.py",
    } <= names


@pytest.mark.parametrize("path", above(), ids=str)
def test_no_word_of_http(path: Path) -> None:
    assert list(_words(modules()[SOURCE / path], path)) == []


def _words(tree: ast.Module, path: Path) -> list[str]:
    """What a module says of HTTP in its code; docstrings are for people."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute | ast.alias):
            text = ast.unparse(node)
            found += [text] if WORDS.search(text) else []
        elif isinstance(node, ast.ImportFrom):
            found += [node.module] if node.module and WORDS.search(node.module) else []
        elif isinstance(node, ast.Constant) and node.value in METHODS:
            found += [] if path.as_posix() in OF_SQL else [str(node.value)]
        elif isinstance(node, ast.Compare) and "status" in ast.unparse(node):
            numbers = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
            statuses = [n for n in numbers if isinstance(n, int) and n in STATUSES]
            found += [ast.unparse(node)] if statuses else []
    return found


def test_the_old_protocol_is_gone() -> None:
    """The engine asks a channel; there is no `remote` to make requests with."""
    for path in above():
        nodes = ast.walk(modules()[SOURCE / path])
        names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        assert "remote" not in names, path
