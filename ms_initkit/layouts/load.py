"""YAML to a ``Layout``, with the reader of recipes: places, suggestions, and every problem at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypedDict, TypeVar

from ms_initkit.findings import RecipeError, Span, few_guesses
from ms_initkit.language.rules import scope_inside
from ms_initkit.language.scope import Scope, VariableKind, read_condition, read_expression
from ms_initkit.language.selector_tests import ANY, Trainable
from ms_initkit.language.selectors import Selector, read_selector
from ms_initkit.language.variables import VARIABLES, Config, Count, Extent, Variable, read_variables, refuse_reserved
from ms_initkit.layouts.cuts import read_cut
from ms_initkit.layouts.mesh import RANK, SIZE, WORLD
from ms_initkit.layouts.names import read_naming
from ms_initkit.layouts.rules import Default, Layout, NameRule, PlaceRule
from ms_initkit.networks.manifest import read_shapes
from ms_initkit.networks.params import ParamInfo
from ms_initkit.syntax import schemas
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.nodes import Mapping, Node, Scalar, Sequence
from ms_initkit.syntax.problems import Attempt, Problems, failure
from ms_initkit.syntax.reading import (
    Fields,
    described,
    read_each,
    read_fields,
    read_flag,
    read_identifier,
    read_integer,
    read_one_or_more,
    read_text,
    read_word,
)
from ms_initkit.syntax.schemas import Key, Schema, Table
from ms_initkit.syntax.source import read_file

_RULES: Final[Schema] = {"type": "array"}
_SHAPE: Final = schemas.list_of(schemas.any_of(schemas.EXPRESSION, {"const": ANY}))
LAYOUT: Final[Table] = (
    Key("layout", schemas.TEXT, "The name of the layout.", is_required=True),
    Key("mesh", VARIABLES, "Axes with their sizes; the last is the fastest.", is_required=True),
    Key("model", schemas.TEXT, "A manifest of the whole model, or a safetensors index."),
    Key("vars", VARIABLES, "Variables for expressions, each of which may use those before it."),
    Key("names", _RULES, "From local names to global ones; a name goes to the first that selects it."),
    Key("rules", _RULES, "The rules; a parameter goes to the first that selects it."),
    Key("default", schemas.TEXT, "`whole`, or `error` if left out: what is true of parameters without a rule."),
)
_ID: Final = Key("id", schemas.TEXT, "The rule's name in messages; its number if left out.")
_CONDITIONS: Final[Table] = (
    Key("optional", schemas.FLAG, "Whether the rule may select nothing."),
    Key("when", schemas.CONDITION, "A condition on mesh and variables; where it is false the rule does not exist."),
)
NAME: Final[Table] = (
    _ID,
    Key("match", schemas.reference("match"), "Which local names.", is_required=True),
    Key("global", schemas.EXPRESSION, "The global name, or the captures' global indices.", is_required=True),
    *_CONDITIONS,
)
RULE: Final[Table] = (
    _ID,
    Key("match", schemas.reference("match"), "Which local parameters.", is_required=True),
    Key("split", schemas.EXPRESSION, "The cuts, in order."),
    Key("whole", schemas.FLAG, "true: every rank holds the whole."),
    Key("global", schemas.EXPRESSION, "The global name, or the captures' global indices."),
    Key("shape", _SHAPE, "The global shape; `any` for any."),
    *_CONDITIONS,
)
_DEFAULTS: Final[tuple[Default, ...]] = ("whole", "error")
_STRICT: Final[Default] = "error"
_R = TypeVar("_R", NameRule, PlaceRule)


@few_guesses()
def load_layout(path: str | os.PathLike[str]) -> Layout:
    """Returns the layout at ``path``.

    Raises:
        RecipeError: If anything is wrong with it; it carries every finding.
    """
    document = read_file(os.fspath(path))
    if document.root is None:
        raise RecipeError(document.findings)
    problems = Problems(list(document.findings), bool(document.findings))
    layout = problems.attempt(_read_layout, document.root, document.path, problems)
    problems.settle()
    return layout.value


def _read_layout(root: Node, path: str, problems: Problems) -> Layout:
    """Returns the layout as far as it can be read; what is wrong goes to ``problems``."""
    fields = read_fields(root, LAYOUT, "a layout", problems)
    mesh = fields.required("mesh", _read_mesh).or_else(None)
    known: dict[str, VariableKind] = dict.fromkeys(WORLD, "number")
    known |= dict.fromkeys((axis + end for axis, _ in mesh or () for end in (RANK, SIZE)), "number")
    scope = Scope(known, is_complete=mesh is not None or "mesh" not in fields)
    variables: tuple[Variable, ...] = ()
    if "vars" in fields:
        _refuse_taken(fields.nodes["vars"], known, problems)
        variables, scope = read_variables(fields.nodes["vars"], scope, problems)
    for variable in variables:
        if isinstance(variable.value, Config | Count | Extent):
            message = f"the variable {variable.name!r} of a layout is a number or an expression"
            note = "a rank knows its own part of the network only"
            problems.add("wrong-type", message, note, span=variable.span)
    axes = tuple(axis for axis, _ in mesh or ())
    model = fields.optional("model", partial(_read_model, path=path), None)
    return Layout(
        name=fields.required("layout", read_text).or_else(""),
        path=path,
        mesh=mesh or (),
        variables=variables,
        names=_read_rules(fields, "names", partial(_read_name_rule, scope=scope), problems),
        rules=_read_rules(fields, "rules", partial(_read_place_rule, scope=scope, axes=axes), problems),
        default=fields.optional("default", _read_default, _STRICT),
        model=model,
    )


def _read_default(node: Node, what: str) -> Default:
    return read_word(node, what, _DEFAULTS)


def _read_mesh(node: Node, what: str) -> tuple[tuple[str, int], ...]:
    if not isinstance(node, Mapping) or not node.entries:
        hint = "write {dp: 4, tp: 8}"
        message = f"{what} is a mapping of axes to sizes, not {described(node)}"
        raise failure("wrong-type", message, span=node.span, help=hint)
    problems = Problems()
    found = []
    for key, value in node.entries:
        axis = problems.attempt(read_identifier, key, "a mesh axis")
        size = problems.attempt(_read_size, value, f"the size of {key.text!r}")
        problems.attempt(refuse_reserved, key.text, "a mesh axis", key.span)
        found.append((axis, size))
    problems.settle()
    return tuple((axis.value, size.value) for axis, size in found)


def _read_size(node: Node, what: str) -> int:
    size = read_integer(node, what)
    if size < 1:
        raise failure("wrong-type", f"{what} is at least 1, not {size}", span=node.span)
    return size


def _refuse_taken(node: Node, known: dict[str, VariableKind], problems: Problems) -> None:
    for key, _ in node.entries if isinstance(node, Mapping) else ():
        if key.text in known:
            message = f"{key.text!r} is known from the mesh"
            problems.add("reserved-name", message, span=key.span, help="choose another name")


def _read_model(node: Node, what: str, path: str) -> tuple[ParamInfo, ...]:
    text = read_text(node, what)
    try:
        return read_shapes(Path(path).parent / text)
    except ValueError as error:
        raise failure("unreadable-file", str(error), span=node.span) from error


def _read_rules(fields: Fields, key: str, reader: Callable[[Node, str], _R], problems: Problems) -> tuple[_R, ...]:
    node = fields.nodes.get(key)
    if node is None:
        return ()
    if not isinstance(node, Sequence):
        problems.add("wrong-type", f"`{key}` is a list of rules, not {described(node)}", span=node.span)
        return ()
    rules = []
    seen: dict[str, Span] = {}
    for number, item in enumerate(node.items, 1):
        identifier = str(number) if key == "rules" else f"{key} {number}"
        rule = problems.attempt(reader, item, identifier).or_else(None)
        if rule is None:
            continue
        if rule.id in seen:
            message = f"two rules are called {rule.id!r}"
            note = f"the first stands at {seen[rule.id].in_file}"
            problems.add("duplicate-id", message, note, span=rule.span, help="choose another id")
        seen.setdefault(rule.id, rule.span)
        rules.append(rule)
    return tuple(rules)


def _read_match(node: Node, what: str) -> Selector:
    # Statistics and frozen layers lie on ranks as everything else does.
    return read_selector(node, what).or_else(Trainable(ANY))


class _Head(TypedDict):
    """What every rule has."""

    id: str
    match: Selector
    is_optional: bool
    when: Expression | None
    span: Span


def _settled_head(fields: Fields, match: Attempt[Selector], number: str, scope: Scope, span: Span) -> _Head:
    """Returns what every rule has, after what this one has of its own was read.

    Raises:
        RecipeError: If anything was wrong with either.
    """
    name = fields.read("id", read_text, number)
    is_optional = fields.read("optional", read_flag, False)
    when = fields.read("when", partial(read_condition, scope=scope), None)
    fields.problems.settle()
    return _Head(id=name.value, match=match.value, is_optional=is_optional.value, when=when.value, span=span)


def _read_name_rule(node: Node, number: str, scope: Scope) -> NameRule:
    problems = Problems()
    fields = read_fields(node, NAME, "an entry of `names`", problems)
    selector = fields.required("match", _read_match)
    inside = scope_inside(scope, selector.or_else(None), problems)
    naming = fields.required("global", partial(read_naming, scope=inside))
    head = _settled_head(fields, selector, number, scope, node.span)
    return NameRule(**head, naming=naming.value)


def _read_place_rule(node: Node, number: str, scope: Scope, axes: tuple[str, ...]) -> PlaceRule:
    problems = Problems()
    fields = read_fields(node, RULE, "a rule", problems)
    selector = fields.required("match", _read_match)
    inside = scope_inside(scope, selector.or_else(None), problems)
    if "split" not in fields and "whole" not in fields and "global" not in fields:
        problems.add("missing-key", "a rule has none of `split`, `whole` and `global`", span=node.span)
    is_whole = fields.read("whole", read_flag, None)
    if is_whole.or_else(None) is False or ("whole" in fields and "split" in fields):
        hint = "leave out one of them" if "split" in fields else "leave it out"
        problems.add("conflicting-keys", "`whole: true` stands alone", span=fields.nodes["whole"].span, help=hint)
    reader = partial(read_cut, scope=inside, axes=axes)
    cuts = fields.read("split", partial(read_one_or_more, reader=reader), ())
    shape = fields.read("shape", partial(read_each, reader=partial(_read_extent, scope=inside)), None)
    naming = fields.read("global", partial(read_naming, scope=inside), None)
    head = _settled_head(fields, selector, number, scope, node.span)
    return PlaceRule(**head, cuts=cuts.value, shape=shape.value, naming=naming.value)


def _read_extent(node: Node, what: str, scope: Scope) -> Expression | None:
    return None if isinstance(node, Scalar) and node.text == ANY else read_expression(node, what, scope)
