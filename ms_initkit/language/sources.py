"""``from``: a file whose values are taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from ms_initkit.findings import suggestion
from ms_initkit.syntax import schemas
from ms_initkit.syntax.problems import Problems
from ms_initkit.syntax.reading import listed, read_fields, read_text
from ms_initkit.syntax.schemas import Key, Table
from ms_initkit.syntax.source import Scalar

if TYPE_CHECKING:
    from ms_initkit.findings import Span
    from ms_initkit.language.scope import Scope
    from ms_initkit.syntax.source import Node

FROM: Final[Table] = (
    Key("path", schemas.TEXT, "A safetensors, .ckpt or .npy file.", is_required=True),
    Key("key", schemas.TEXT, "The entry's name, captures in braces; the parameter's own if left out."),
)
SCHEMA: Final = schemas.any_of(schemas.TEXT, schemas.mapping(FROM))


@dataclass(frozen=True, slots=True)
class FromSpec:
    """Values of a file: ``key`` is the entry's name, in which ``{i}`` is a capture; None is the parameter's own."""

    path: str
    key: str | None
    span: Span


def read_from(node: Node, what: str, scope: Scope) -> FromSpec:
    """Returns the file whose values are taken; its entries' names know the captures."""
    if isinstance(node, Scalar):
        return FromSpec(read_text(node, what), None, node.span)
    problems = Problems()
    fields = read_fields(node, FROM, what, problems)
    path = fields.required("path", read_text)
    key = fields.read("key", partial(_read_key, scope=scope), None)
    problems.settle()
    return FromSpec(path.value, key.value, node.span)


def _read_key(node: Node, what: str, scope: Scope) -> str:
    text = read_text(node, what)
    problems = Problems()
    for match in re.finditer(r"\{([^{}]*)\}", text):
        if match[1] not in scope.others and scope.is_complete:
            span = node.part(match.start(), len(match[0])) if isinstance(node, Scalar) else node.span
            names = tuple(f"{{{name}}}" for name in scope.others)
            note = f"`match` captures {listed(names) if names else 'nothing'}"
            hint = suggestion(match[1], scope.others)
            problems.add("unknown-variable", f"{match[0]} is no capture of this rule", note, span=span, help=hint)
    problems.settle()
    return text
