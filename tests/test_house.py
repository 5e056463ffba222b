"""The house stays in order: names that say what they hold, rooms that a stranger finds.

The figures are those of issue 12. A name counts each time it is written to: as a variable, a
parameter, a loop's variable. What a good name is, is said in CONTRIBUTING.md.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.source import SOURCE, modules

MODULES = modules()

#: Words that say nothing of what a name holds.
VAGUE = frozenset(
    {
        "one",
        "ones",
        "found",
        "told",
        "now",
        "asked",
        "said",
        "given",
        "known",
        "left",
        "rest",
        "whole",
        "other",
        "others",
        "made",
        "kept",
        "held",
        "wanted",
        "named",
        "so_many",
        "these",
        "those",
    }
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Each name that is written to, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, Function):
            yield from ((arg.arg, arg.lineno) for arg in [*node.args.args, *node.args.kwonlyargs])


def test_names_say_what_they_hold() -> None:
    written = [(path, *name) for path, tree in MODULES.items() for name in _names(tree)]
    vague = [(path, name, line) for path, name, line in written if name in VAGUE]
    listed = [f"{path.relative_to(SOURCE)}:{line} {name}" for path, name, line in vague]
    assert len(vague) <= len(written) / 100, "\n".join(listed)


def test_less_than_half_of_the_private_functions_have_one_caller() -> None:
    """What is used once had better stand where it is used, unless its name teaches something.

    The aim is 45 in a hundred.
    """
    private, once = 0, []
    for path, tree in MODULES.items():
        mentioned = Counter(re.findall(r"\b_[a-z]\w*", path.read_text(encoding="utf-8")))
        for function in _functions(tree):
            if function.name.startswith("_") and not function.name.startswith("__"):
                private += 1
                if mentioned[function.name] == 2:
                    once.append(f"{path.relative_to(SOURCE)} {function.name}")
    assert len(once) < 0.5 * private, "\n".join(once)


def test_functions_fit_a_glance() -> None:
    lengths = sorted(
        (function.end_lineno or function.lineno) - function.lineno + 1
        for tree in MODULES.values()
        for function in _functions(tree)
    )
    assert lengths[int(0.9 * len(lengths))] <= 20


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in MODULES}), ids=lambda path: path.name
)
def test_a_folder_has_no_more_modules_than_a_reader_takes_in(folder: Path) -> None:
    assert len(list(folder.glob("*.py"))) <= 25


def test_no_two_packages_import_each_other() -> None:
    pairs = {
        (path.relative_to(SOURCE).parts[0], node.module.split(".")[1])
        for path, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module[:9] == "rollcall."
    }
    assert [pair for pair in pairs if pair[0] != pair[1] and pair[::-1] in pairs] == []


def test_an_import_inside_a_function_has_its_reason() -> None:
    """There are few, and each is explained by a comment on its line or the line above it."""
    hidden, unexplained = 0, []
    for path, tree in MODULES.items():
        lines = path.read_text(encoding="utf-8").splitlines()
        inside = {
            node.lineno
            for function in _functions(tree)
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        hidden += len(inside)
        for line in sorted(inside):
            above = next(n for n in range(line - 1, 0, -1) if n not in inside)
            if "#" not in lines[line - 1] and not lines[above - 1].lstrip().startswith("#"):
                unexplained.append(f"{path.relative_to(SOURCE)}:{line}")
    assert unexplained == []
    assert hidden < 40


def _writes_a_run(node: ast.AST) -> bool:
    """Whether something assigns to an attribute of what is called a run, or saves it."""
    if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
        return False
    written = isinstance(node.ctx, ast.Store) or node.attr == "save"
    return written and node.value.id in {"run", "undone", "locked"}


def test_only_one_module_writes_the_row_of_a_run() -> None:
    """Each step leaves a frozen value, and the runner writes the row; `fencing` counts attempts."""
    writers = {
        str(path.relative_to(SOURCE / "engine/runs"))
        for path, tree in MODULES.items()
        if any(map(_writes_a_run, ast.walk(tree)))
    }
    assert writers == {"run_row.py", "fencing.py"}


def test_nothing_asks_whether_an_integration_sends_but_what_shows_it() -> None:
    """Jobs say in data what they do; a partner that nothing is sent to is a value like others."""
    asking = [path for path in MODULES if re.search(r"outbound is (not )?None", path.read_text())]
    assert asking == []
