"""No name from outside becomes a path: every place of the source that makes a path, opens a file or
offers one for saving goes through the helpers, or says here why it need not.

The helpers: `engine.folders.below` makes paths, `transports.port.plain_name` names at a partner,
`core.files.file_names.attachment` the header of a download.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests import source
from tests.source import SOURCE

#: Not the product: made-up districts, and what is made with a `Path` in tests of other folders.
_ELSEWHERE = ("sandbox",)

#: Functions whose results are safe in a path, or safe to offer.
_SAFE_PARTS = {"plain_name"}
#: Calls that make a path of their second and further arguments, or of any argument.
_JOINING = {"joinpath", "with_name", "with_stem", "with_suffix", "relative_to", "join"}
_OPENING = {"extract", "extractall", "FileResponse", "content_disposition_header"}

#: Where a path is made in another way, and why that is right: module and function.
ALLOWED = {
    "engine/folders.py:below": "the helper itself: it refuses every name that is not plain",
    "embedded/cluster.py:socket_folder": "numbers of ours: the user's and a digest; the process",
    "embedded/server.py:_works_in": "the number of a process",
    "embedded/programs.py:run": "a program of PostgreSQL, named in our own calls",
    "embedded/programs.py:folder": "a folder of the package that is installed, and its version",
    "embedded/programs.py:_copy_of": "a digest, and folders of the package that is installed",
    "embedded/dumping.py:_run": "a program of PostgreSQL, named in our own calls",
    "access/downloads.py:stored": "the header is the helper's; the file is one that was stored",
    "engine/artifacts.py:_share": "a name of ours and an ending",
    "engine/installation/backup.py:back_up": "the folder an operator names, and an ending",
    "engine/installation/backup.py:_write": "names of ours in that folder",
    "engine/installation/restoring.py:manifest_of": "names of ours in the folder of the backup",
    "engine/installation/restoring.py:restore": "names of ours in the folder of the backup",
    "keys.py:_create": "the number of the process",
    "keys.py:replace": "the number of the process",
}


def test_every_path_is_made_by_the_helper_or_is_allowed_here() -> None:
    found = {place for path in modules() for place in unsafe_places(path)}
    assert found - ALLOWED.keys() == set()


def test_what_is_allowed_is_still_there() -> None:
    found = {place for path in modules() for place in unsafe_places(path)}
    assert ALLOWED.keys() - found == set()


@pytest.mark.parametrize(
    "text",
    [
        "folder / name",
        "folder / f'{name}.csv'",
        "Path(folder) / file.name / 'x'",
        "Path(folder, name)",
        "Path(f'/srv/{name}')",
        "Path('/srv/' + name)",
        "folder.joinpath(name)",
        "path.with_name(name)",
        "os.path.join(folder, name)",
        "archive.extract(member)",
        "archive.extractall(folder)",
        "open(f'/srv/{name}')",
        "answer['Content-Disposition'] = f'attachment; filename={name}'",
        "FileResponse(file, filename=name)",
    ],
)
def test_the_walk_sees_what_would_be_wrong(text: str) -> None:
    assert list(wrong(ast.parse(f"from pathlib import Path\ndef f():\n    {text}")))


@pytest.mark.parametrize(
    "text",
    [
        "folder / 'name'",
        "below(folder, name)",
        "Path(folder) / plain_name(name)",
        "Path(setting)",
        "path.open('rb')",
        "answer['Content-Disposition'] = attachment(name)",
        "a / 2",
        "', '.join(names)",
    ],
)
def test_and_lets_be_what_is_right(text: str) -> None:
    assert not list(wrong(ast.parse(f"from pathlib import Path\ndef f():\n    {text}")))


def modules() -> list[Path]:
    """The modules of the product."""
    every = source.modules()
    return [path for path in every if path.relative_to(SOURCE).parts[0] not in _ELSEWHERE]


@cache
def unsafe_places(path: Path) -> list[str]:
    """`module:function` for each place that makes a path in another way."""
    return list(_unsafe_places(path, source.modules()[path]))


def _unsafe_places(path: Path, tree: ast.Module) -> Iterator[str]:
    where = path.relative_to(SOURCE).as_posix()
    paths = _has_paths(tree)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and any(wrong(function, paths=paths)):
            yield f"{where}:{function.name}"
    outside = ast.Module(
        [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)], []
    )
    if any(wrong(outside, paths=paths)):
        yield f"{where}:"


def _has_paths(tree: ast.AST) -> bool:
    """Whether a module deals in paths at all: elsewhere / divides numbers."""
    from_where = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    named = {
        one.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for one in node.names
    }
    return bool({"pathlib", "rollcall.home"} & from_where or {"pathlib", "home"} & named)


def wrong(tree: ast.AST, *, paths: bool = True) -> Iterator[ast.AST]:
    """The nodes that make a path, open a file or offer one by a name that is not a literal."""
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(op=ast.Div(), right=right) if paths and not _harmless(right):
                yield node
            case ast.Call(func=ast.Name(id="Path"), args=[_, *more]) if more:
                yield node
            case ast.Call(func=ast.Name(id="Path" | "open"), args=[first, *_]) if _composed(first):
                yield node
            case ast.Call(func=ast.Attribute(value=of, attr=name), args=args):
                if (name in _OPENING and not _of_texts(of)) or (
                    name in _JOINING and _makes_path(of, name, args)
                ):
                    yield node
            case ast.Call(func=ast.Name(id=name)) if name in _OPENING:
                yield node
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant("Content-Disposition"))]):
                if not _calls(node.value, {"attachment"}):
                    yield node


def _harmless(node: ast.expr) -> bool:
    """A literal, or a name that a helper has let through."""
    return isinstance(node, ast.Constant) or _calls(node, _SAFE_PARTS)


def _composed(node: ast.expr) -> bool:
    """Whether a text is put together in place."""
    return isinstance(node, ast.JoinedStr | ast.BinOp) and not all(
        isinstance(part, ast.Constant) for part in getattr(node, "values", [node])
    )


def _makes_path(of: ast.expr, name: str, args: list[ast.expr]) -> bool:
    if name == "join":  # of a text it joins texts
        return isinstance(of, ast.Attribute) and of.attr == "path"
    return name != "relative_to" and not all(map(_harmless, args))


def _of_texts(of: ast.expr) -> bool:
    """Whether it is a function of Polars' texts, which are no archives."""
    return isinstance(of, ast.Attribute) and of.attr == "str"


def _calls(node: ast.expr, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in names
