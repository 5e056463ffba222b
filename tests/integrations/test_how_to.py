"""docs/how-to/integration.md shows the toy's own files, and leaves none of them out."""

import re
from pathlib import Path

from tests.integrations.toy_house import TOY

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "integration.md").read_text()
FENCE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_each_example_is_a_part_of_the_toy() -> None:
    files = {path.name: path.read_text() for path in TOY.glob("*.py")}
    examples = FENCE.findall(PAGE)
    assert len(examples) > 5
    for example in examples:
        assert any(example in text for text in files.values()), example


def test_each_module_of_the_toy_is_named() -> None:
    modules = {path.name for path in TOY.glob("*.py")}
    assert {name for name in modules if f"`{name}`" not in PAGE} == set()
