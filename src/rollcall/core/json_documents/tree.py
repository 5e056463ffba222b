"""A resource's fields and constants as a tree, along which its JSON is written and read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rollcall.core.json_documents.fields import Field, FieldKind, JsonResource


@dataclass
class Node:
    """An object of the JSON, or the one element of a list: constants, fields and nodes by name."""

    in_list: bool = False
    constants: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=dict)
    below: dict[str, "Node"] = field(default_factory=dict)

    @property
    def codes(self) -> Field | None:
        """The field whose codes each are an element of this list; None for anything else."""
        only = next(iter(self.fields.values()), None)
        return only if self.in_list and only and only.kind is FieldKind.CODES else None

    def columns(self) -> list[str]:
        """The columns of all fields in it."""
        own = [field.column for field in self.fields.values()]
        return own + [name for node in self.below.values() for name in node.columns()]

    def at(self, steps: Sequence[str]) -> "Node":
        """The node that these names lead to, made where there is none."""
        node = self
        for step in steps:
            name = step.removesuffix("[]")
            node = node.below.setdefault(name, Node(in_list=name != step))
        return node


def tree(resource: JsonResource) -> Node:
    """The root of a resource's documents."""
    root = Node()
    for path, constant in resource.constants.items():
        *steps, name = path.split(".")
        root.at(steps).constants[name] = constant
    for document_field in resource.fields:
        *steps, name = document_field.path.split(".")
        root.at(steps).fields[name] = document_field
    return root
