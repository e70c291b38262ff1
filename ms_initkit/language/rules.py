"""Rules: a selector, one action, and what modifies it."""

from __future__ import annotations

from dataclasses import KW_ONLY, field, is_dataclass, replace
from dataclasses import fields as fields_of
from functools import partial
from typing import Final, TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.findings import Span
from ms_initkit.language import blocks, fans, fits, rows, sources, steps
from ms_initkit.language.blocks import BlocksSpec
from ms_initkit.language.calls import InitSpec, read_initializer
from ms_initkit.language.fans import FansSpec
from ms_initkit.language.fits import Fit
from ms_initkit.language.parts import PartsSpec, has_parts, read_parts
from ms_initkit.language.rows import Rows
from ms_initkit.language.scope import FAN_NAMES, SHAPE_NAMES, Scope, read_condition
from ms_initkit.language.selector_tests import ANY, Has, Trainable
from ms_initkit.language.selectors import Selector, read_selector
from ms_initkit.language.sources import FromSpec, LikeSpec, read_from, read_like
from ms_initkit.language.step import Step
from ms_initkit.language.variables import refuse_reserved
from ms_initkit.syntax import schemas
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.grammar import CELL
from ms_initkit.syntax.nodes import Mapping, Node, Scalar, Sequence
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import Fields, described, read_fields, read_flag, read_text
from ms_initkit.syntax.schemas import Key, Table

KEEP: Final = "keep"
RULE: Final[Table] = (
    Key("id", schemas.TEXT, "The rule's name in plans; its number if left out."),
    Key("match", schemas.reference("match"), "Which parameters the rule selects.", is_required=True),
    Key("init", schemas.reference("action"), "An initializer, or `keep`."),
    Key("from", sources.SCHEMA, "A file whose values are taken."),
    Key("like", sources.LIKE_SCHEMA, "Another parameter whose values are taken; captures in braces."),
    Key("fit", fits.SCHEMA, "How values of another shape, of `from` or `like`, are made to fit."),
    Key("blocks", blocks.SCHEMA, "The parts of a fused tensor, each drawn on its own."),
    Key("fans", fans.SCHEMA, "Where fan_in and fan_out come from."),
    Key("rows", rows.SCHEMA, 'The rows that the rule is about, the others being kept: 3, -1, "50257:", or a list.'),
    Key("then", steps.SCHEMA, "What is done with the values, step by step."),
    Key("where", schemas.CONDITION, "A condition on captures, variables, the shape and the cell, for each parameter."),
    Key("optional", schemas.FLAG, "Whether the rule may select nothing."),
    Key("when", schemas.CONDITION, "A condition on variables; where it is false the rule does not exist."),
)
_HAS_PARTS: Final[schemas.Schema] = {
    "properties": {"blocks": {"properties": {"parts": {"type": "array"}}, "required": ["parts"]}}
}
SCHEMA: Final = schemas.mapping(RULE) | {
    "oneOf": [
        {"required": ["init"]},
        {"required": ["from"]},
        {"required": ["like"]},
        {"required": ["blocks"], **_HAS_PARTS},
    ]
}


@record
class KeepSpec:
    """The parameter is left as it is."""

    span: Span

    def __str__(self) -> str:
        """Returns the word for it."""
        return KEEP


Action: TypeAlias = InitSpec | PartsSpec | FromSpec | LikeSpec | KeepSpec


@record
class Rule:
    """Gives what ``match`` selects its ``action``; ``id`` is unique in the file it was written in.

    ``is_named`` tells whether the id is more than its number: then it replaces an inherited rule of that id.
    """

    _: KW_ONLY
    id: str
    match: Selector
    action: Action
    span: Span
    fit: Fit | None = None
    blocks: BlocksSpec | None = None
    fans: FansSpec | None = None
    then: tuple[Step, ...] = ()
    rows: Rows | None = None
    where: Expression | None = None
    is_optional: bool = False
    when: Expression | None = None
    is_named: bool = True

    @property
    def is_selective(self) -> bool:
        """Whether it may leave a parameter that its selector selects: by a condition, or what a file lacks."""
        return self.where is not None or (isinstance(self.action, FromSpec) and self.action.missing == "next")

    def __str__(self) -> str:
        """Returns what it does with what it wins, and under which conditions."""
        parts = (
            self.action,
            self.fit,
            self.blocks,
            *(f"then {step}" for step in self.then),
            self.rows and f"in rows {self.rows} alone",
            self.where and f"where {self.where}",
            self.when and f"when {self.when}",
            "optional" if self.is_optional else None,
        )
        return ", ".join(str(part) for part in parts if part is not None)

    @property
    def bare(self) -> Rule:
        """The rule that leaves alone what this one selects, in its place where it cannot be read whole."""
        return replace(self, action=KeepSpec(self.span), fit=None, blocks=None, fans=None, then=(), rows=None)

    @property
    def then_text(self) -> str:
        """Its steps, and the rows that it is about, as plans print them."""
        rows = "" if self.rows is None else f", in rows {self.rows} alone"
        return "".join(f", then {step}" for step in self.then) + rows

    @property
    def names(self) -> frozenset[str]:
        """Every name that its expressions use for a parameter that it wins."""
        return names_in((self.action, self.fit, self.blocks, self.fans, self.then, self.rows))

    @property
    def length(self) -> int:
        """How many numbers, expressions and steps it has for each parameter that it wins."""
        return _length((self.action, self.fit, self.blocks, self.fans, self.then, self.rows))

    @property
    def options(self) -> frozenset[str]:
        """The options of cells that it looks at."""
        has = self.match.find(Has)
        used = names_in((self.action, self.fit, self.blocks, self.fans, self.then, self.rows, self.where))
        return frozenset(name.removeprefix(CELL) for name in used if name.startswith(CELL)) | {
            *(() if has is None else has.names)
        }


def _length(value: object) -> int:
    match value:
        case Expression():
            return 1
        case tuple():
            return sum(map(_length, value))
        case _ if is_dataclass(value):
            return 1 + sum(_length(getattr(value, column.name)) for column in fields_of(value))
        case _:
            return 0


def names_in(value: object) -> frozenset[str]:
    """Returns the names that the expressions in a rule's parts use."""
    match value:
        case Expression():
            return value.names
        case tuple():
            return frozenset().union(*map(names_in, value))
        case _ if is_dataclass(value):
            return frozenset().union(*(names_in(getattr(value, column.name)) for column in fields_of(value)))
        case _:
            return frozenset()


def read_rules(node: Node, scope: Scope, problems: Problems) -> tuple[Rule, ...]:
    """Returns the rules that could be read, in order; what is wrong with the others goes to ``problems``."""
    if not isinstance(node, Sequence):
        problems.add("wrong-type", f"`rules` is a list of rules, not {described(node)}", span=node.span)
        return ()
    scopes = _Scopes(scope)
    rules = [_read_rule(item, number, scopes, problems) for number, item in enumerate(node.items, 1)]
    _refuse_repeated_ids(node, problems)
    return tuple(rule for rule in rules if rule is not None)


def _refuse_repeated_ids(node: Sequence, problems: Problems) -> None:
    """Adds each id that a file gives twice: plans name rules by id. A child may reuse its parent's."""
    seen: dict[str, Span] = {}
    for item in node.items:
        name = item.get("id") if isinstance(item, Mapping) else None
        if not isinstance(name, Scalar) or name.is_null:
            continue
        if name.text in seen:
            note = f"the first stands at {seen[name.text].in_file}"
            message = f"two rules are called {described(name)}"
            problems.add("duplicate-id", message, note, span=name.span, help="choose another id")
        seen.setdefault(name.text, name.span)


@record
class _RuleScopes:
    """What a rule may use: inside it, of a tensor's size, of its fans too, and before a parameter is found."""

    inside: Scope
    sized: Scope
    full: Scope
    outside: Scope


@record
class _Scopes:
    """What the rules of a file may use; those that capture the same use the same."""

    scope: Scope
    known: dict[object, _RuleScopes] = field(default_factory=dict)

    def of(self, selector: Selector | None, problems: Problems) -> _RuleScopes:
        """Returns what a rule may use that selects by ``selector``, None if that could not be read."""
        captures = () if selector is None else selector.captures
        key = None if selector is None else (captures, selector.texts)
        found = self.known.get(key)
        if selector is not None:
            _refuse_captures(selector, self.scope, problems)
        if found is None:
            inside = replace(_scope_inside(self.scope, selector), has_cell=True)
            sized = inside.with_names(SHAPE_NAMES)
            outside = replace(self.scope, of_parameters=(*captures, *SHAPE_NAMES))
            found = self.known[key] = _RuleScopes(inside, sized, sized.with_names(FAN_NAMES), outside)
        return found


def _read_rule(node: Node, number: int, scopes: _Scopes, outer: Problems) -> Rule | None:
    """Returns the rule; one that keeps what it selects if only its selector can be read, None if not even that."""
    problems = Problems()
    rule = problems.attempt(_read_parts, node, number, scopes, problems)
    outer.take(problems)
    return rule.or_else(None)


def _read_parts(node: Node, number: int, scopes: _Scopes, problems: Problems) -> Rule | None:
    fields = read_fields(node, RULE, "a rule", problems)
    selector = fields.required("match", read_selector).or_else(None)
    scope = scopes.of(selector, problems)
    action = problems.attempt(_read_action, fields, scope.full, scope.inside, node.span).or_else(None)
    has_equal_blocks = not has_parts(fields.nodes.get("blocks"))
    name = fields.optional("id", read_text, str(number))
    cut = fields.optional("blocks", partial(blocks.read_blocks, scope=scope.sized), None) if has_equal_blocks else None
    fit = fields.optional("fit", partial(fits.read_fit, scope=scope.full), None)
    counted = fields.optional("fans", partial(fans.read_fans, scope=scope.full), None)
    then = fields.optional("then", partial(steps.read_steps, scope=scope.full), ())
    only = fields.optional("rows", partial(rows.read_rows, scope=scope.sized), None)
    where = fields.optional("where", partial(read_condition, scope=scope.sized), None)
    is_optional = fields.optional("optional", read_flag, False)
    when = fields.optional("when", partial(read_condition, scope=scope.outside), None)
    _refuse_idle_keys(action, node, problems)
    choosing = (("from", action), ("where", where), ("when", when))
    if selector is None or any(key in fields and read is None for key, read in choosing):
        return None  # which of what it selects it would take is not known
    rule = Rule(
        id=name,
        match=selector.or_else(Trainable(ANY if isinstance(action, FromSpec | LikeSpec) else True)),
        action=action or KeepSpec(node.span),
        span=node.span,
        fit=fit,
        blocks=cut,
        fans=counted,
        then=then,
        rows=only,
        where=where,
        is_optional=is_optional,
        when=when,
        is_named="id" in fields,
    )
    if not problems.has_failed:
        return rule
    return None if isinstance(action, FromSpec) and action.missing == "next" else rule.bare


def scope_inside(scope: Scope, selector: Selector | None, problems: Problems) -> Scope:
    """Returns the scope with the captures of a rule's selector, None if that could not be read."""
    if selector is not None:
        _refuse_captures(selector, scope, problems)
    return _scope_inside(scope, selector)


def _refuse_captures(selector: Selector, scope: Scope, problems: Problems) -> None:
    for name in selector.captures:
        problems.attempt(refuse_reserved, name, "a capture", selector.span)
        if name in scope.variables:
            note = "an expression could mean either"
            message = f"{name!r} is a capture here, and a variable"
            problems.add("name-clash", message, note, span=selector.span, help="rename one of them")


def _scope_inside(scope: Scope, selector: Selector | None) -> Scope:
    if selector is None:
        return replace(scope, is_complete=False)
    inside = replace(scope, captures=selector.captures, texts=selector.texts)
    return inside.with_names(selector.captures)


def _read_action(fields: Fields, full: Scope, inside: Scope, span: Span) -> Action:
    given = [key for key in ("init", "from", "like") if key in fields]
    cut = fields.nodes.get("blocks")
    if len(given) > 1:
        message = f"a rule has `{given[0]}` or `{given[1]}`, not both"
        raise failure("conflicting-keys", message, span=fields.nodes[given[1]].span)
    if has_parts(cut) and "init" not in given:
        return read_parts(cut, "`blocks`", blocks.BLOCKS, inside.with_names(SHAPE_NAMES), full)
    if not given:
        hint = "write `init: normal` or another initializer; `init: keep` leaves parameters as they are"
        message = "a rule has none of `init`, `from`, `like`, and `blocks` with `parts`"
        raise failure("missing-key", message, span=span, help=hint)
    node = fields.nodes[given[0]]
    if given == ["from"]:
        return read_from(node, "`from`", inside)
    if given == ["like"]:
        return read_like(node, "`like`", inside)
    if has_parts(cut):
        hint = "write {size: ..., init: ...} for each part"
        raise failure("conflicting-keys", "each part has its own `init`", span=node.span, help=hint)
    if isinstance(node, Scalar) and node.text == KEEP:
        return KeepSpec(node.span)
    return read_initializer(node, "`init`", full)


def _refuse_idle_keys(action: Action | None, node: Node, problems: Problems) -> None:
    """Adds keys that would change nothing: ``keep`` keeps everything, and a file's values have no fans."""
    idle: tuple[str, ...]
    match action:
        case KeepSpec():
            is_changed = any(key.text == "then" for key, _ in node.entries) if isinstance(node, Mapping) else False
            word, idle = "init: keep", ("fit", "blocks", "fans", *(() if is_changed else ("rows",)))
        case FromSpec():
            word, idle = "from", ("blocks", "fans")
        case LikeSpec():
            word, idle = "like", ("blocks", "fans")
        case InitSpec() | PartsSpec():
            word, idle = "init", ("fit",)
        case None:
            return
    for key, _ in node.entries if isinstance(node, Mapping) else ():
        if key.text in idle:
            problems.add("conflicting-keys", f"`{key.text}` changes nothing beside `{word}`", span=key.span)
