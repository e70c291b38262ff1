"""``from`` and ``like``: a file, or another parameter, whose values are taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final, Literal

from ms_initkit.basis.records import record
from ms_initkit.findings import Span, suggestion
from ms_initkit.language.scope import Scope
from ms_initkit.syntax import schemas
from ms_initkit.syntax.grammar import Value
from ms_initkit.syntax.nodes import Node, Scalar
from ms_initkit.syntax.problems import Attempt, Problems
from ms_initkit.syntax.reading import listed, read_fields, read_flag, read_text, read_word
from ms_initkit.syntax.schemas import Key, Table

FROM: Final[Table] = (
    Key("path", schemas.TEXT, "A safetensors, .ckpt, .npz or .npy file, an index, or a folder.", is_required=True),
    Key("key", schemas.TEXT, "The tensor's name, captures in braces; the parameter's own if left out."),
    Key("strip", schemas.TEXT, "A prefix that is taken off the parameter's name before it is looked for."),
    Key("prefix", schemas.TEXT, "A prefix that is added to the parameter's name before it is looked for."),
    Key("missing", schemas.one_of("error", "next"), "`next`: what the file lacks goes to the rules after this one."),
)
SCHEMA: Final = schemas.any_of(schemas.TEXT, schemas.mapping(FROM))
LIKE: Final[Table] = (
    Key("name", schemas.TEXT, "The other parameter's name, captures in braces.", is_required=True),
    Key("then", {"const": False}, "`false`: the values from before that one's own steps."),
)
LIKE_SCHEMA: Final = schemas.any_of(schemas.TEXT, schemas.mapping(LIKE))
NUMBERS: Final[Table] = (
    Key("from", schemas.TEXT, "A file that has a number for each row.", is_required=True),
    Key("key", schemas.TEXT, "The tensor's name; may be left out where the file has but one."),
)
_ERROR: Final = "error"


@record
class FromSpec:
    """Values of a file.

    Args:
        path: The file, as written.
        span: Where it stands.
        key: The tensor's name, in which ``{i}`` is a capture; None is the parameter's own.
        strip: What is taken off the parameter's own name.
        prefix: What is added to it then.
        missing: What becomes of parameters that the file has not: an error, or the next rule's.
    """

    path: str
    span: Span
    key: str | None = None
    strip: str = ""
    prefix: str = ""
    missing: Literal["error", "next"] = "error"

    def __str__(self) -> str:
        """Returns the file, and what is taken of it."""
        key = f" [{self.key}]" if self.key else ""
        return f"from {self.path}{key}" + (", what is missing to the next" if self.missing == "next" else "")

    @property
    def file(self) -> str:
        """The file's path; a relative one starts where the recipe is, so that they can be moved together."""
        return str(Path(self.span.path).parent / Path(self.path).expanduser())

    @property
    def takes_by_name(self) -> bool:
        """Whether each parameter takes a tensor of its own."""
        return not self._is_array and (self.key is None or "{" in self.key)

    @property
    def _is_array(self) -> bool:
        return self.path.endswith(".npy")

    def entry_of(self, name: str, captured: Mapping[str, Value]) -> str:
        """Returns the name of the tensor that is taken for a parameter."""
        if self.key is not None:
            return filled(self.key, captured)
        return Path(self.path).stem if self._is_array else self.prefix + name.removeprefix(self.strip)


@record
class LikeSpec:
    """The values of another parameter.

    Args:
        name: What it is called, captures in braces.
        span: Where it stands.
        has_steps: Whether they are those after that one's own steps, or before.
    """

    name: str
    span: Span
    has_steps: bool = True

    def __str__(self) -> str:
        """Returns whose they are."""
        return f"like {self.name}" + ("" if self.has_steps else " before its steps")


def read_from(node: Node, what: str, scope: Scope) -> FromSpec:
    """Returns the file whose values are taken; its tensors' names know the captures."""
    if isinstance(node, Scalar):
        return FromSpec(read_text(node, what), node.span)
    problems = Problems()
    fields = read_fields(node, FROM, what, problems)
    path = fields.required("path", read_text)
    key = fields.read("key", partial(read_template, scope=scope), None)
    strip = fields.read("strip", read_text, "")
    prefix = fields.read("prefix", read_text, "")
    missing: Attempt[Literal["error", "next"]] = fields.read("missing", _read_missing, _ERROR)
    for word in ("strip", "prefix"):
        if word in fields and "key" in fields:
            message = f"`{word}` changes nothing beside `key`"
            problems.add("conflicting-keys", message, span=fields.nodes[word].span, help="write it into `key`")
    problems.settle()
    return FromSpec(path.value, node.span, key.value, strip.value, prefix.value, missing.value)


def read_numbers(node: Node, what: str) -> FromSpec:
    """Returns the file that has the numbers of an argument."""
    problems = Problems()
    fields = read_fields(node, NUMBERS, what, problems)
    path = fields.required("from", read_text)
    key = fields.read("key", read_text, None)
    problems.settle()
    return FromSpec(path.value, node.span, key.value)


def _read_missing(node: Node, what: str) -> Literal["error", "next"]:
    return "next" if read_word(node, what, ("error", "next")) == "next" else "error"


def read_like(node: Node, what: str, scope: Scope) -> LikeSpec:
    """Returns the parameter whose values are taken."""
    if isinstance(node, Scalar):
        return LikeSpec(read_template(node, what, scope), node.span)
    problems = Problems()
    fields = read_fields(node, LIKE, what, problems)
    name = fields.required("name", partial(read_template, scope=scope))
    has_steps = fields.read("then", read_flag, True)
    if has_steps.or_else(False) and "then" in fields:
        message = "`then: true` changes nothing: the steps of the other parameter are taken along"
        problems.add("conflicting-keys", message, span=fields.nodes["then"].span)
    problems.settle()
    return LikeSpec(name.value, node.span, has_steps.value)


def read_template(node: Node, what: str, scope: Scope) -> str:
    """Returns a name with captures of the rule in braces."""
    text = read_text(node, what)
    problems = Problems()
    for match in re.finditer(r"\{([^{}]*)\}", text):
        if match[1] not in scope.captures and scope.is_complete:
            span = node.part(match.start(), len(match[0])) if isinstance(node, Scalar) else node.span
            names = tuple(f"{{{name}}}" for name in scope.captures)
            note = f"`match` captures {listed(names) if names else 'nothing'}"
            hint = suggestion(match[1], scope.captures)
            problems.add("unknown-variable", f"{match[0]} is no capture of this rule", note, span=span, help=hint)
    problems.settle()
    return text


def filled(key: str, captured: Mapping[str, Value]) -> str:
    """Returns a name with what was captured in the places of its braces."""
    for name, value in captured.items():
        if value == "":  # a capture of no segments takes its dot along
            key = key.replace(f"{{{name}}}.", "").replace(f".{{{name}}}", "")
        key = key.replace(f"{{{name}}}", str(value))
    return key
