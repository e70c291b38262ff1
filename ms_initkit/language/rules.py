"""Rules: a selector, one action, and what modifies it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from ms_initkit.findings import suggestion
from ms_initkit.language.calls import read_initializer
from ms_initkit.language.keys import FAN_NAMES, FROM, KEEP, RULE, SHAPE_NAMES
from ms_initkit.language.modifiers import read_blocks, read_edits, read_fans
from ms_initkit.language.recipe import FromSpec, KeepSpec, Rule
from ms_initkit.language.scope import Scope, read_condition
from ms_initkit.language.selectors import captures_of, read_selector
from ms_initkit.language.variables import refuse_reserved
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import described, listed, read_fields, read_flag, read_text
from ms_initkit.syntax.source import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from ms_initkit.findings import Span
    from ms_initkit.language.recipe import Action, Selector
    from ms_initkit.syntax.reading import Fields
    from ms_initkit.syntax.source import Node


def read_rules(node: Node, scope: Scope, problems: Problems) -> tuple[Rule, ...]:
    """Returns the rules that could be read, in order; what is wrong with the others goes to ``problems``."""
    if not isinstance(node, Sequence):
        problems.add("wrong-type", f"`rules` is a list of rules, not {described(node)}", span=node.span)
        return ()
    rules = [_read_rule(item, number, scope, problems) for number, item in enumerate(node.items, 1)]
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
            note = f"the first stands at line {seen[name.text].line}"
            message = f"two rules are called {described(name)}"
            problems.add("duplicate-id", message, note, span=name.span, help="choose another id")
        seen.setdefault(name.text, name.span)


def _read_rule(node: Node, number: int, scope: Scope, outer: Problems) -> Rule | None:
    """Returns the rule; one that keeps what it selects if only its selector can be read, None if not even that."""
    problems = Problems()
    rule = problems.attempt(_read_parts, node, number, scope, problems)
    outer.findings += problems.findings
    outer.has_failed |= problems.has_failed
    if rule is None or rule.match is None:
        return None
    if problems.has_failed:
        is_optional = bool(rule.is_optional)
        return Rule(
            rule.id or str(number), rule.match, KeepSpec(node.span), None, None, (), is_optional, None, node.span
        )
    return rule


def _read_parts(node: Node, number: int, scope: Scope, problems: Problems) -> Rule | None:
    """Returns the rule with None for each part that cannot be read; what is wrong goes to ``problems``."""
    fields = read_fields(node, RULE, "a rule", problems)
    selector = fields.read("match", read_selector, None)
    inside = scope_inside(scope, selector, fields)
    sized = inside.with_names(SHAPE_NAMES)
    full = sized.with_names(FAN_NAMES)
    action = problems.attempt(_read_action, fields, full, inside, node.span)
    rule = Rule(
        id=fields.read("id", read_text, str(number)),
        match=cast("Selector", selector),  # required
        action=action,
        blocks=fields.read("blocks", partial(read_blocks, scope=sized), None),
        fans=fields.read("fans", partial(read_fans, scope=full), None),
        then=fields.read("then", partial(read_edits, scope=full), ()),
        is_optional=fields.read("optional", read_flag, False),
        when=fields.read("when", partial(read_condition, scope=scope), None),
        span=node.span,
    )
    _refuse_idle_keys(action, node, problems)
    return rule


def scope_inside(scope: Scope, selector: Selector | None, fields: Fields) -> Scope:
    """Returns the scope with the captures of a rule."""
    if selector is None:
        return replace(scope, is_complete=False)
    captures = captures_of(selector)
    for name in captures:
        fields.problems.attempt(refuse_reserved, name, "a capture", selector.span)
        if name in scope.variables:
            note = "an expression could mean either"
            message = f"{name!r} is a capture here, and a variable"
            fields.problems.add("name-clash", message, note, span=selector.span, help="rename one of them")
    return scope.with_names(captures)


def _read_action(fields: Fields, full: Scope, inside: Scope, span: Span) -> Action:
    match "init" in fields, "from" in fields:
        case True, False:
            node = fields.nodes["init"]
            if isinstance(node, Scalar) and node.text == KEEP:
                return KeepSpec(node.span)
            return read_initializer(node, "`init`", full)
        case False, True:
            return _read_from(fields.nodes["from"], "`from`", inside)
        case True, True:
            raise failure("conflicting-keys", "a rule has `init` or `from`, not both", span=fields.nodes["from"].span)
        case _:
            hint = "write `init: keep` to leave parameters as they are"
            raise failure("missing-key", "a rule has neither `init` nor `from`", span=span, help=hint)


def _refuse_idle_keys(action: Action | None, node: Node, problems: Problems) -> None:
    """Adds keys that would change nothing: ``keep`` keeps everything, and a file's values have no fans."""
    idle: tuple[str, ...]
    match action:
        case KeepSpec():
            word, idle = "init: keep", ("blocks", "fans", "then")
        case FromSpec():
            word, idle = "from", ("blocks", "fans")
        case _:
            return
    for key, _ in node.entries if isinstance(node, Mapping) else ():
        if key.text in idle:
            problems.add("conflicting-keys", f"`{key.text}` changes nothing beside `{word}`", span=key.span)


def _read_from(node: Node, what: str, scope: Scope) -> FromSpec:
    if isinstance(node, Scalar):
        return FromSpec(read_text(node, what), None, node.span)
    problems = Problems()
    fields = read_fields(node, FROM, what, problems)
    path = fields.read("path", read_text, "")
    key = fields.read("key", partial(_read_key, scope=scope), None)
    problems.settle()
    return FromSpec(path, key, node.span)


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
