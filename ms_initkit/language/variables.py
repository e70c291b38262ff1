"""The variables of a recipe."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Final

from ms_initkit.basis.records import record
from ms_initkit.findings import Span
from ms_initkit.language.calls import argument_text
from ms_initkit.language.scope import FAN_NAMES, SHAPE_NAMES, Scope, VariableKind, read_expression
from ms_initkit.syntax import schemas
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.globs import Glob
from ms_initkit.syntax.grammar import RESERVED
from ms_initkit.syntax.nodes import Mapping, Node, Scalar, Sequence
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import (
    described,
    flag_hint,
    read_fields,
    read_flag,
    read_glob,
    read_identifier,
    read_integer,
    read_name,
    read_one_or_more,
)
from ms_initkit.syntax.schemas import Key, Schema, Table

EXTENT: Final[Table] = (
    Key("of", schemas.WORD, "The parameter.", is_required=True),
    Key("axis", schemas.INTEGER, "The axis.", is_required=True),
)
DERIVED: Final[Table] = (
    Key("count", schemas.WORD, "How many values the glob's one capture takes over the network's names."),
    Key("extent", schemas.mapping(EXTENT), "The length of an axis of the first parameter that a glob matches."),
    Key(
        "config",
        schemas.one_or_more(schemas.WORD),
        "A name in the network's configuration, or several of which the first that is there counts.",
    ),
    Key(
        "default",
        schemas.any_of(schemas.SCALAR, schemas.FLAG),
        "The value where the configuration has none, or no parameter is called so.",
    ),
)
SCHEMA: Final = schemas.any_of(
    schemas.SCALAR,
    schemas.FLAG,
    schemas.mapping(DERIVED)
    | schemas.exactly_one("count", "extent", "config")
    | {"dependentSchemas": {"default": schemas.exactly_one("config", "extent")}},
)
VARIABLES: Final[Schema] = {
    "type": "object",
    "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
    "additionalProperties": schemas.reference("variable"),
}

# Letters first, then word characters, dots and hyphens: "pre-norm" is text, "n - 1" arithmetic.
_WORD: Final = re.compile(r"[^\W\d][\w.-]*")
_TAKEN: Final = RESERVED | {*FAN_NAMES, *SHAPE_NAMES}


@record
class Count:
    """The number of different values that the one capture of ``glob`` takes over the network's names."""

    glob: Glob

    def __str__(self) -> str:
        """Returns of what it is the count."""
        return f"count of {self.glob}"


@record
class Extent:
    """The length along ``axis`` of the first parameter that ``glob`` matches, or a default where none does."""

    glob: Glob
    axis: int
    default: Expression | None = None

    def __str__(self) -> str:
        """Returns which length it is."""
        return f"extent of {self.glob} along axis {self.axis}" + _else(self.default)


@record
class Config:
    """What the network's own configuration says.

    Args:
        keys: Names under which it may stand; the first that is there counts.
        default: The value where none of them is; None if one has to be.
    """

    keys: tuple[str, ...]
    default: Expression | str | bool | None

    def __str__(self) -> str:
        """Returns its names."""
        return f"config {' or '.join(self.keys)}" + _else(self.default)


def _else(default: Expression | str | bool | None) -> str:
    return "" if default is None else f", else {argument_text(default)}"


@record
class Variable:
    """A variable of a recipe; expressions may use the variables before it."""

    name: str
    value: Expression | Count | Extent | Config | str | bool
    span: Span

    @property
    def names(self) -> frozenset[str]:
        """The variables that it uses."""
        value = self.value.default if isinstance(self.value, Config | Extent) else self.value
        return value.names if isinstance(value, Expression) else frozenset()

    def __str__(self) -> str:
        """Returns the name and what it stands for."""
        value = self.value if isinstance(self.value, Count | Extent | Config) else argument_text(self.value)
        return f"{self.name} = {value}"


def read_variables(node: Node, inherited: Scope, problems: Problems) -> tuple[tuple[Variable, ...], Scope]:
    """Returns the variables that could be read, in order, and the scope of what follows.

    A variable that could not be read is in that scope all the same: its users are not to blame.

    Args:
        node: The value of ``vars``.
        inherited: The variables of the parents.
        problems: Takes what is wrong.
    """
    if not isinstance(node, Mapping):
        message = f"`vars` is a mapping of names to values, not {described(node)}"
        problems.add("wrong-type", message, span=node.span)
        return (), replace(inherited, is_complete=False)
    # Both grow and shrink in place: a scope of its own for each variable would be quadratic.
    later = {key.text: key.span for key, _ in node.entries}
    known = dict(inherited.variables)
    scope = replace(inherited, later=later, variables=known)
    found = []
    for key, value in node.entries:
        variable = problems.attempt(_read_variable, key, value, scope).or_else(None)
        known[key.text] = "number" if variable is None else kind_of(variable)
        del later[key.text]
        if variable is not None:
            found.append(variable)
    return tuple(found), scope


def refuse_reserved(name: str, what: str, span: Span) -> None:
    """Raises if ``name`` is a word of the language."""
    if name in _TAKEN:
        note = "expressions have this name for something else"
        raise failure("reserved-name", f"{what} cannot be called {name!r}", note, span=span, help="choose another name")


def kind_of(variable: Variable) -> VariableKind:
    """Returns what a variable is."""
    value = variable.value.default if isinstance(variable.value, Config) else variable.value
    match value:
        case bool():
            return "flag"
        case str():
            return "text"
        case _:
            return "number"


def _read_variable(key: Scalar, node: Node, scope: Scope) -> Variable:
    problems = Problems()
    name = problems.attempt(read_identifier, key, "the name of a variable")
    problems.attempt(refuse_reserved, key.text, "a variable", key.span)
    value = problems.attempt(_read_value, node, f"the variable {key.text!r}", scope)
    problems.settle()
    variable = Variable(name.value, value.value, key.span)
    inherited = scope.variables.get(variable.name)
    if inherited is not None and kind_of(variable) != inherited:
        message = f"the variable {variable.name!r} is a {kind_of(variable)} here and a {inherited} in the parent"
        raise failure("wrong-type", message, "the rules of the parent count on it", span=node.span)
    return variable


def _read_value(node: Node, what: str, scope: Scope) -> Expression | Count | Extent | Config | str | bool:
    return _read_derived(node, what, scope) if isinstance(node, Mapping) else _read_single(node, what, scope)


def _read_single(node: Node, what: str, scope: Scope) -> Expression | str | bool:
    match node:
        case Sequence():
            raise failure("wrong-type", f"{what} is a single value, not a list", span=node.span)
        case Mapping():
            raise failure("wrong-type", f"{what} is a single value, not a mapping", span=node.span)
        case Scalar(text, is_quoted=True) if _WORD.fullmatch(text):
            return text
        case Scalar("true" | "false", is_quoted=False):
            return read_flag(node, what)
        case Scalar(text) if text not in scope and flag_hint(node) is not None:
            message = f"{what} is {text!r}, which some readers of YAML take for a flag"
            hint = f"{flag_hint(node)}, or '{text}' in quotes for text"
            raise failure("wrong-type", message, span=node.span, help=hint)
        case Scalar(text) if _is_unknown_word(node, scope):
            hint = f'write "{text}" in quotes if text is meant'
            message = f"{what} is {text!r}, and no variable before it is called so"
            raise failure("unknown-variable", message, span=node.span, help=hint)
        case _:
            return read_expression(node, what, scope)


def _is_unknown_word(node: Scalar, scope: Scope) -> bool:
    text = node.text
    is_known = text in scope or text in scope.later or text in _TAKEN or text in ("inf", "nan")
    return scope.is_complete and text.isidentifier() and not node.is_null and not is_known


def _read_derived(node: Mapping, what: str, scope: Scope) -> Count | Extent | Config:
    problems = Problems()
    fields = read_fields(node, DERIVED, what, problems)
    ways = [key for key in ("count", "extent", "config") if key in fields]
    if len(ways) != 1 and not problems.has_failed:
        problems.add("wrong-type", f"{what} has one of `count`, `extent` and `config`", span=node.span)
    elif ways == ["count"] and "default" in fields:
        problems.add("conflicting-keys", "`default` means nothing beside `count`", span=fields.nodes["default"].span)
    count = fields.read("count", _read_count, None)
    extent = fields.read("extent", _read_extent, None)
    keys = fields.read("config", _read_config_keys, None)
    default = fields.read("default", partial(_read_single, scope=scope), None)
    if extent.or_else(None) is not None and isinstance(default.or_else(None), bool | str):
        span = fields.nodes["default"].span
        problems.add("wrong-type", f"the default of {what} is a number, as extents are", span=span)
    problems.settle()
    if keys.value is not None:
        return Config(keys.value, default.value)
    if extent.value is not None and isinstance(default.value, Expression):
        return replace(extent.value, default=default.value)
    derived = count.value or extent.value
    assert derived is not None  # one of the three is there
    return derived


def _read_config_keys(node: Node, what: str) -> tuple[str, ...]:
    return read_one_or_more(node, what, _read_config_key)


def _read_config_key(node: Node, what: str) -> str:
    note = "a configuration inside another one is named with a dot, as text_config.initializer_range"
    return read_name(node, what, r"[^\W\d]\w*(\.[^\W\d]\w*)*", note)


def _read_count(node: Node, what: str) -> Count:
    glob = read_glob(node, what)
    if len(glob.captures) != 1:
        message = f"{what} needs one capture, and {glob.text!r} has {len(glob.captures) or 'none'}"
        note = "what is counted are the values of the capture"
        raise failure("bad-glob", message, note, span=node.span, help='name the index, as in "**.blocks.{i}.**"')
    return Count(glob)


def _read_extent(node: Node, what: str) -> Extent:
    problems = Problems()
    fields = read_fields(node, EXTENT, what, problems)
    glob = fields.required("of", read_glob)
    axis = fields.required("axis", read_integer)
    problems.settle()
    return Extent(glob.value, axis.value)
