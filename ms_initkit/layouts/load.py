"""YAML to a ``Layout``, with the reader of recipes: places, suggestions, and every problem at once."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, cast

from ms_initkit.findings import RecipeError, suggestion
from ms_initkit.language.keys import ANY
from ms_initkit.language.recipe import Count, Extent
from ms_initkit.language.scope import Scope, read_condition, read_expression
from ms_initkit.language.selectors import captures_of, read_selector
from ms_initkit.language.variables import read_variables, refuse_reserved
from ms_initkit.layouts.rules import (
    RANK,
    SIZE,
    WORLD,
    Indices,
    Layout,
    NameRule,
    PlaceRule,
    Split,
    Stretch,
    Template,
    over_axes,
    template,
)
from ms_initkit.networks.manifest import read_shapes
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.grammar import ExpressionError
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import (
    Key,
    described,
    listed,
    read_each,
    read_fields,
    read_flag,
    read_identifier,
    read_integer,
    read_one_or_more,
    read_text,
    read_word,
)
from ms_initkit.syntax.source import Mapping, Scalar, Sequence, read_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from ms_initkit.language.recipe import Selector, Variable
    from ms_initkit.language.scope import VariableKind
    from ms_initkit.layouts.rules import Cut, Default, Naming
    from ms_initkit.networks.params import ParamInfo
    from ms_initkit.syntax.reading import Fields, Table
    from ms_initkit.syntax.source import Node

LAYOUT: Final[Table] = (
    Key("layout", "text", "The name of the layout.", is_required=True),
    Key("mesh", "variables", "Axes with their sizes; the last is the fastest.", is_required=True),
    Key("model", "text", "A manifest of the whole model, or a safetensors index."),
    Key("vars", "variables", "Variables for expressions, each of which may use those before it."),
    Key("names", "rules", "From local names to global ones; a name goes to the first that selects it."),
    Key("rules", "rules", "The rules; a parameter goes to the first that selects it."),
    Key("default", "text", "`whole`, or `error` if left out: what is true of parameters without a rule."),
)
NAME: Final[Table] = (
    Key("id", "text", "The rule's name in messages; its number if left out."),
    Key("match", "match", "Which local names.", is_required=True),
    Key("global", "expression", "The global name, or the captures' global indices.", is_required=True),
    Key("optional", "flag", "Whether the rule may select nothing."),
    Key("when", "condition", "A condition on mesh and variables; where it is false the rule does not exist."),
)
RULE: Final[Table] = (
    Key("id", "text", "The rule's name in messages; its number if left out."),
    Key("match", "match", "Which local parameters.", is_required=True),
    Key("split", "expression", "The cuts, in order."),
    Key("whole", "flag", "true: every rank holds the whole."),
    Key("global", "expression", "The global name, or the captures' global indices."),
    Key("shape", "shape", "The global shape; `any` for any."),
    Key("optional", "flag", "Whether the rule may select nothing."),
    Key("when", "condition", "A condition on mesh and variables; where it is false the rule does not exist."),
)
SPLIT: Final[Table] = (
    Key("axis", "axis", "The axis that is cut.", is_required=True),
    Key("over", "words", "The mesh axes over which it is cut."),
    Key("parts", "expression", "How many parts there are."),
    Key("index", "expression", "Which part this rank holds, from 0."),
    Key("blocks", "expressions", "The ratio of blocks that are cut each on its own, or how many equal ones."),
    Key("start", "expression", "The first element."),
    Key("stop", "expression", "One past the last element."),
    Key("extent", "expression", "The global length of the axis."),
    Key("copies", "expressions", "How many neighbouring ranks hold the same part, for all blocks or each."),
)
_DEFAULTS: Final = ("whole", "error")
_R = TypeVar("_R", NameRule, PlaceRule)


def load_layout(path: str | os.PathLike[str]) -> Layout:
    """Returns the layout at ``path``.

    Raises:
        RecipeError: If anything is wrong with it; it carries every finding.
    """
    document = read_file(os.fspath(path))
    problems = Problems(list(document.findings), bool(document.findings))
    made = None
    if document.root is not None:
        made = problems.attempt(_read_layout, document.root, document.path, problems)
    problems.settle()
    if made is None:
        raise RecipeError(problems.findings)
    return made


def _read_layout(root: Node, path: str, problems: Problems) -> Layout:
    fields = read_fields(root, LAYOUT, "a layout", problems)
    mesh = fields.read("mesh", _read_mesh, ())
    known: dict[str, VariableKind] = dict.fromkeys(WORLD, "number")
    known |= dict.fromkeys((axis + end for axis, _ in mesh or () for end in (RANK, SIZE)), "number")
    scope = Scope(known, is_complete=mesh is not None)
    variables: tuple[Variable, ...] = ()
    if "vars" in fields:
        _refuse_taken(fields.nodes["vars"], known, problems)
        variables, scope = read_variables(fields.nodes["vars"], scope, problems)
    for variable in variables:
        if isinstance(variable.value, Count | Extent):
            note = "a rank knows its own part of the network only"
            problems.add(
                "wrong-type",
                f"the variable {variable.name!r} of a layout is a number or an expression",
                variable.span,
                note,
            )
    axes = tuple(axis for axis, _ in mesh or ())
    return Layout(
        name=fields.read("layout", read_text, ""),
        path=path,
        mesh=mesh or (),
        variables=variables,
        names=_read_rules(fields, "names", partial(_read_name_rule, scope=scope), problems),
        rules=_read_rules(fields, "rules", partial(_read_place_rule, scope=scope, axes=axes), problems),
        default=cast("Default", fields.read("default", partial(read_word, words=_DEFAULTS), "error")),
        model=fields.read("model", partial(_read_model, path=path), None),
    )


def _read_mesh(node: Node, what: str) -> tuple[tuple[str, int], ...]:
    if not isinstance(node, Mapping) or not node.entries:
        hint = "write {dp: 4, tp: 8}"
        raise failure(
            "wrong-type", f"{what} is a mapping of axes to sizes, not {described(node)}", node.span, hint=hint
        )
    problems = Problems()
    found = []
    for key, value in node.entries:
        axis = problems.attempt(read_identifier, key, "a mesh axis")
        size = problems.attempt(read_integer, value, f"the size of {key.text!r}")
        problems.attempt(refuse_reserved, key.text, "a mesh axis", key.span)
        if size is not None and size < 1:
            problems.add("wrong-type", f"the size of {key.text!r} is at least 1, not {size}", value.span)
        found.append((axis, size))
    problems.settle()
    return tuple(found)


def _refuse_taken(node: Node, known: dict[str, VariableKind], problems: Problems) -> None:
    for key, _ in node.entries if isinstance(node, Mapping) else ():
        if key.text in known:
            problems.add("reserved-name", f"{key.text!r} is known from the mesh", key.span, hint="choose another name")


def _read_model(node: Node, what: str, path: str) -> tuple[ParamInfo, ...]:
    text = read_text(node, what)
    try:
        return read_shapes(Path(path).parent / text)
    except ValueError as error:
        raise failure("unreadable-file", str(error), node.span) from error


def _read_rules(fields: Fields, key: str, reader: Callable[[Node, str], _R], problems: Problems) -> tuple[_R, ...]:
    node = fields.nodes.get(key)
    if node is None:
        return ()
    if not isinstance(node, Sequence):
        problems.add("wrong-type", f"`{key}` is a list of rules, not {described(node)}", node.span)
        return ()
    rules = []
    seen: dict[str, int] = {}
    for number, item in enumerate(node.items, 1):
        identifier = str(number) if key == "rules" else f"{key} {number}"
        rule = problems.attempt(reader, item, identifier)
        if rule is None:
            continue
        if rule.id in seen:
            note = f"the first stands at line {seen[rule.id]}"
            problems.add("duplicate-id", f"two rules are called {rule.id!r}", rule.span, note, hint="choose another id")
        seen.setdefault(rule.id, rule.span.line)
        rules.append(rule)
    return tuple(rules)


def _read_match(fields: Fields, scope: Scope) -> tuple[Selector | None, Scope]:
    selector = fields.read("match", read_selector, None)
    if selector is None:
        return None, replace(scope, is_complete=False)
    node = fields.nodes["match"]
    if not (isinstance(node, Mapping) and node.get("trainable") is not None):
        # Statistics and frozen layers lie on ranks as everything else does.
        selector = replace(selector, trainable="any")
    captures = captures_of(selector)
    for name in captures:
        fields.problems.attempt(refuse_reserved, name, "a capture", selector.span)
        if name in scope.variables:
            note = "an expression could mean either"
            message = f"{name!r} is a capture here, and a variable"
            fields.problems.add("name-clash", message, selector.span, note, hint="rename one of them")
    return selector, scope.with_names(captures)


def _read_name_rule(node: Node, number: str, scope: Scope) -> NameRule:
    problems = Problems()
    fields = read_fields(node, NAME, "an entry of `names`", problems)
    selector, inside = _read_match(fields, scope)
    rule = NameRule(
        id=fields.read("id", read_text, number),
        match=cast("Selector", selector),
        naming=cast("Naming", fields.read("global", partial(_read_naming, scope=inside), None)),
        is_optional=fields.read("optional", read_flag, False),
        when=fields.read("when", partial(read_condition, scope=scope), None),
        span=node.span,
    )
    problems.settle()
    return rule


def _read_place_rule(node: Node, number: str, scope: Scope, axes: tuple[str, ...]) -> PlaceRule:
    problems = Problems()
    fields = read_fields(node, RULE, "a rule", problems)
    selector, inside = _read_match(fields, scope)
    if "split" not in fields and "whole" not in fields and "global" not in fields:
        problems.add("missing-key", "a rule has none of `split`, `whole` and `global`", node.span)
    is_whole = fields.read("whole", read_flag, None)
    if is_whole is False or ("whole" in fields and "split" in fields):
        hint = "leave out one of them" if "split" in fields else "leave it out"
        problems.add("conflicting-keys", "`whole: true` stands alone", fields.nodes["whole"].span, hint=hint)
    reader = partial(_read_cut, scope=inside, axes=axes)
    rule = PlaceRule(
        id=fields.read("id", read_text, number),
        match=cast("Selector", selector),
        cuts=fields.read("split", partial(read_one_or_more, reader=reader), ()),
        shape=fields.read("shape", partial(read_each, reader=partial(_read_extent, scope=inside)), None),
        naming=fields.read("global", partial(_read_naming, scope=inside), None),
        is_optional=fields.read("optional", read_flag, False),
        when=fields.read("when", partial(read_condition, scope=scope), None),
        span=node.span,
    )
    problems.settle()
    return rule


def _read_extent(node: Node, what: str, scope: Scope) -> Expression | None:
    return None if isinstance(node, Scalar) and node.text == ANY else read_expression(node, what, scope)


def _read_naming(node: Node, what: str, scope: Scope) -> Naming:
    if isinstance(node, Mapping):
        return _read_indices(node, what, scope)
    text = read_text(node, what)
    problems = Problems()
    try:
        made = template(text)
    except ExpressionError as error:
        raise failure("bad-expression", f"{error} in {described(node)}", node.span, hint=error.hint) from error
    except ValueError as error:
        hint = "to change indices only, write {i: i + 8}"
        raise failure("bad-template", str(error), node.span, hint=hint) from error
    for part in made.parts:
        for name in sorted(part.names) if isinstance(part, Expression) else ():
            if name not in scope.names() and scope.is_complete:
                hint = suggestion(name, scope.names()) or f"here are known: {listed(scope.names())}"
                at = re.search(rf"\b{re.escape(name)}\b", text)
                span = node.part(at.start(), len(name)) if at and isinstance(node, Scalar) else node.span
                problems.add("unknown-variable", f"no variable is called {name!r}", span, hint=hint)
    problems.settle()
    return Template(made.parts)


def _read_indices(node: Mapping, what: str, scope: Scope) -> Indices:
    problems = Problems()
    values = []
    for key, value in node.entries:
        if key.text not in scope.others and scope.is_complete:
            note = f"`match` captures {listed(scope.others) if scope.others else 'nothing'}"
            hint = suggestion(key.text, scope.others)
            problems.add("unknown-variable", f"{key.text!r} is no capture of this rule", key.span, note, hint=hint)
        values.append((key.text, problems.attempt(read_expression, value, f"the index {key.text!r}", scope)))
    if not values:
        problems.add("wrong-type", f"{what} changes nothing", node.span)
    problems.settle()
    return Indices(tuple(values))


def _read_cut(node: Node, what: str, scope: Scope, axes: tuple[str, ...]) -> Cut:
    problems = Problems()
    fields = read_fields(node, SPLIT, what, problems)
    expression = partial(read_expression, scope=scope)
    axis = fields.read("axis", read_integer, 0)
    copies = fields.read("copies", partial(read_one_or_more, reader=expression), (Expression("1"),))
    ways = [("over",), ("parts", "index"), ("start", "stop", "extent")]
    given = [way for way in ways if any(key in fields for key in way)]
    if len(given) != 1 or any(key not in fields for key in given[0]):
        shown = "`over`, or `parts` and `index`, or `start`, `stop` and `extent`"
        problems.add("conflicting-keys" if len(given) > 1 else "missing-key", f"{what} has {shown}", node.span)
    problems.settle()
    if "start" in fields:
        start, stop, extent = (fields.read(key, expression, Expression("0")) for key in ways[2])
        cut: Cut = Stretch(axis, start, stop, extent, copies[0], node.span)
        if "blocks" in fields:
            problems.add("conflicting-keys", "`blocks` means nothing beside `start`", fields.nodes["blocks"].span)
    else:
        over = fields.read("over", partial(read_one_or_more, reader=partial(_read_axis, axes=axes)), ())
        numbers = (Expression("1"), Expression("0"))
        if over:
            numbers = over_axes(over)
        elif "parts" in fields:
            numbers = (fields.read("parts", expression, numbers[0]), fields.read("index", expression, numbers[1]))
        blocks = fields.read("blocks", partial(_read_blocks, scope=scope), None)
        cut = Split(axis, *numbers, blocks, copies, over or (), node.span)
    problems.settle()
    return cut


def _read_axis(node: Node, what: str, axes: tuple[str, ...]) -> str:
    return read_word(node, what, axes) if axes else read_text(node, what)


def _read_blocks(node: Node, what: str, scope: Scope) -> Expression | tuple[Expression, ...]:
    if isinstance(node, Sequence):
        return read_each(node, what, partial(read_expression, scope=scope))
    return read_expression(node, what, scope)
