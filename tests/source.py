"""The product's source, parsed once for all tests that read it."""

import ast
from functools import cache
from pathlib import Path

import rollcall

SOURCE = Path(rollcall.__file__).parent


@cache
def modules() -> dict[Path, ast.Module]:
    """Every module of the product but its migrations, by path."""
    return {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
        if "migrations" not in path.parts
    }
