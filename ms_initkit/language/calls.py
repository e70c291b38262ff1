"""Initializers as they are asked for in a recipe: a name, a number, or a name with arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import astuple
from typing import Final, TypeAlias

from ms_initkit import formulas
from ms_initkit.basis.records import record
from ms_initkit.draws.dtypes import TYPES
from ms_initkit.findings import RecipeError, Span, counted, suggestion
from ms_initkit.formulas import Argument, Formula
from ms_initkit.formulas.places import meant
from ms_initkit.language.scope import Scope, read_expression
from ms_initkit.language.sources import FromSpec, read_numbers
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.nodes import Mapping, Node, Scalar, Sequence
from ms_initkit.syntax.numerals import read_number
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import described, is_unquoted_glob, listed, read_each, read_flag, read_text, read_word


@record
class InitSpec:
    """An initializer asked for by name, its arguments not yet evaluated.

    Args:
        name: As written; ``formulas.find`` knows it.
        arguments: Argument names with their values; expressions wait for a parameter.
        span: Where the name stands.
    """

    name: str
    arguments: tuple[tuple[str, ArgumentValue], ...]
    span: Span

    def __str__(self) -> str:
        """Returns it as a call: ``he_normal(mode=out)``."""
        arguments = ", ".join(f"{name}={argument_text(value)}" for name, value in self.arguments)
        return f"{self.name}({arguments})" if arguments else self.name


ArgumentValue: TypeAlias = "Expression | str | bool | InitSpec | FromSpec | tuple[ArgumentValue, ...] | None"


def argument_text(value: ArgumentValue) -> str:
    """Returns ``value`` as a recipe has it."""
    match value:
        case tuple():
            return f"[{', '.join(map(argument_text, value))}]"
        case bool():
            return str(value).lower()
        case _:
            return str(value)


# Keys of rules that are taken for initializers, above all where globs are given their values in Python.
_OF_RULES: Final = ("from", "like", "then", "blocks", "fans", "where", "when", "optional", "init", "match")
_DEEPEST: Final = 6
LISTS: Final = ("numbers", "number or numbers", "integers", "formulas", "mixture parts")


def read_initializer(node: Node, what: str, scope: Scope, depth: int = 0) -> InitSpec:
    """Returns the initializer that ``node`` asks for, checked as far as it can be without a tensor."""
    if depth > _DEEPEST:
        raise failure("wrong-type", f"initializers are nested deeper than {_DEEPEST}", span=node.span)
    match node:
        case Scalar() if not node.is_null:
            return _read_word(node, what, scope)
        case Mapping(entries=((name, arguments),)) if not is_unquoted_glob(node):
            return _read_call(name, arguments, scope, depth)
        case Mapping(entries=((first, _), _, *_)):
            hint = f"arguments stand in braces of their own: {{{first.text}: {{...}}}}"
            message = f"{what} is one initializer, not {len(node.entries)}"
            raise failure("wrong-type", message, span=node.span, help=hint)
        case _:
            raise failure("wrong-type", f"{what} is an initializer, not {described(node)}", span=node.span)


def _read_word(node: Scalar, what: str, scope: Scope) -> InitSpec:
    """Reads a number, which is a constant, or a name."""
    if _is_number(node):
        return InitSpec("constant", (("value", read_expression(node, what, scope)),), node.span)
    if formulas.find(node.text) is None and _is_value(node, scope):
        written = f'"{node.text}"' if re.search(r"[,\[]", node.text) else node.text
        message = f"no initializer is called {described(node)}"
        note = "where an initializer is due, a word is its name"
        hint = f"write {{constant: {written}}} for a value"
        raise failure("unknown-initializer", message, note, span=node.span, help=hint)
    formula = _find(node)
    missing = _missing(formula, ())
    if missing:
        raise _missing_failure(node, missing)
    return InitSpec(node.text, (), node.span)


def _is_number(node: Scalar) -> bool:
    return read_number(node.text) is not None or node.text[:1] in "+-.0123456789"


def _is_value(node: Scalar, scope: Scope) -> bool:
    return node.text in scope or any(char in "+-*/()[]" for char in node.text)


def _find(node: Scalar) -> type[Formula]:
    formula = formulas.find(node.text)
    if formula is None and node.text in _OF_RULES:
        hint = f"write {{match: ..., {node.text}: ...}} as an item of `rules`"
        message = f"no initializer is called {described(node)}"
        note = f"`{node.text}` is a key of a rule, and stands beside `match`"
        raise failure("unknown-initializer", message, note, span=node.span, help=hint)
    if formula is None:
        spellings = [*formulas.names(), *(word for others in formulas.aliases().values() for word in others)]
        hint = suggestion(node.text, spellings) or (
            "`ms-initkit initializers` lists them; one of your own is known once its module is imported "
            "(`ms-initkit --import MODULE ...`)"
        )
        raise failure("unknown-initializer", f"no initializer is called {described(node)}", span=node.span, help=hint)
    return formula


def _missing(formula: type[Formula], given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        argument.name for argument in formulas.arguments(formula) if argument.is_required and argument.name not in given
    )


def _missing_failure(name: Scalar, missing: tuple[str, ...]) -> RecipeError:
    arguments = ", ".join(f"{word}: ..." for word in missing)
    message = f"{name.text!r} needs {listed(tuple(map(repr, missing)))}"
    return failure("missing-argument", message, span=name.span, help=f"write {{{name.text}: {{{arguments}}}}}")


@record
class _Level:
    """Where arguments are read: what their expressions may use, and how deep initializers are nested."""

    scope: Scope
    depth: int

    def initializer(self, node: Node, what: str) -> InitSpec:
        return read_initializer(node, what, self.scope, self.depth + 1)


def _read_call(name: Scalar, node: Node, scope: Scope, depth: int) -> InitSpec:
    formula = _find(name)
    problems = Problems()
    given = {
        argument.name: problems.attempt(_read_value, value, argument, _Level(scope, depth))
        for argument, value in _assign(name, node, formulas.arguments(formula), problems)
    }
    missing = _missing(formula, tuple(given))
    if missing and not problems.has_failed:
        raise _missing_failure(name, missing)
    problems.settle()
    spec = InitSpec(name.text, tuple((word, argument.value) for word, argument in given.items()), name.span)
    _try(spec)
    return spec


def _assign(name: Scalar, node: Node, known: tuple[Argument, ...], problems: Problems) -> list[tuple[Argument, Node]]:
    """Returns the nodes with the arguments they are for: by name, or by place."""
    match node:
        case Mapping():
            return _assign_by_name(name, node, known, problems)
        case Scalar() if node.is_null:
            message = f"{name.text!r} is followed by nothing"
            problems.add("wrong-type", message, span=name.span, help=f"write {name.text}, without the colon")
            return []
        case Sequence(items) if not (known and known[0].kind in LISTS):
            values: tuple[Node, ...] = items
        case _:
            values = (node,)
    for argument, value in zip(known, values, strict=False):
        if argument.ambiguous:
            message = f"{described(value)} is easily taken for {argument.ambiguous} of {name.text!r}"
            help_ = f"write {{{name.text}: {{{argument.name}: ...}}}}"
            problems.add("bad-argument", message, span=value.span, help=help_)
    _refuse_words_elsewhere(name, values, known)
    _refuse_other_order(name, values, known)
    if len(values) > len(known):
        takes = f"takes {len(known)} at most" if known else "takes none"
        problems.add(
            "unknown-argument", f"{name.text!r} has {counted(len(values), 'argument')} and {takes}", span=node.span
        )
    return list(zip(known, values, strict=False))


def _refuse_words_elsewhere(name: Scalar, values: tuple[Node, ...], known: tuple[Argument, ...]) -> None:
    """Raises if a word stands in a number's place and is one of those that a later argument takes."""
    for argument, value in zip(known, values, strict=False):
        if not isinstance(value, Scalar) or argument.kind not in ("number", "integer"):
            continue
        owner = next((other.name for other in known if value.text in other.choices), None)
        if owner is not None:
            message = f"`{argument.name}` of {name.text!r} cannot be {described(value)}, which is for `{owner}`"
            hint = f"write {{{name.text}: {{{owner}: {value.text}}}}}"
            raise failure("bad-argument", message, span=value.span, help=hint)


def _refuse_other_order(name: Scalar, values: tuple[Node, ...], known: tuple[Argument, ...]) -> None:
    """Raises if arguments are in the order that torch has them: silently it would be another law."""
    texts = [value.text for value in values if isinstance(value, Scalar)]
    found = meant(known, texts, read_number(texts[0]) if texts else None) if len(texts) == len(values) else None
    if found is not None:
        why, named = found
        arguments = ", ".join(f"{word}: {text}" for word, text in named.items())
        message = f"{name.text!r} is given [{', '.join(texts)}]: {why}"
        hint = f"write {{{name.text}: {{{arguments}}}}}"
        raise failure("bad-argument", message, span=values[0].span, help=hint)


def _assign_by_name(
    name: Scalar, node: Mapping, known: tuple[Argument, ...], problems: Problems
) -> list[tuple[Argument, Node]]:
    spellings = {word: argument for argument in known for word in (argument.name, *argument.aliases)}
    found: dict[str, tuple[Argument, Node]] = {}
    for key, value in node.entries:
        argument = spellings.get(key.text)
        if argument is None:
            words = tuple(argument.name for argument in known)
            hint = suggestion(key.text, spellings) or (f"it has {listed(words)}" if words else "it has none")
            message = f"{name.text!r} has no argument {key.text!r}"
            problems.add("unknown-argument", message, span=key.span, help=hint)
        elif argument.name in found:
            message = f"{key.text!r} is another name of {argument.name!r}, which is given too"
            problems.add("duplicate-key", message, span=key.span)
        else:
            found[argument.name] = (argument, value)
    return list(found.values())


def _read_value(node: Node, argument: Argument, level: _Level) -> ArgumentValue:
    what = f"`{argument.name}`"
    if isinstance(node, Scalar) and node.is_null and argument.is_nullable:
        return None
    match argument.kind:
        case "number" | "integer":
            return _read_number(node, argument, level.scope)
        case "number or numbers" if isinstance(node, Mapping):
            return read_numbers(node, what)
        case "number or numbers" if not isinstance(node, Sequence):
            return _read_number(node, argument, level.scope)
        case "numbers" | "number or numbers" | "integers":
            return read_each(node, what, lambda item, _: _read_number(item, argument, level.scope))
        case "flag":
            return read_flag(node, what)
        case "word":
            return read_word(node, what, argument.choices)
        case "text":
            return read_text(node, what)
        case "formula":
            return level.initializer(node, what)
        case "formulas":
            return read_each(node, what, level.initializer)
        case "mixture parts":
            return read_each(node, what, lambda item, _: _read_part(item, argument, level))


def _read_part(node: Node, argument: Argument, level: _Level) -> ArgumentValue:
    if not isinstance(node, Sequence) or len(node.items) != 2:
        message = f"a part is a weight and an initializer, not {described(node)}"
        raise failure("wrong-type", message, span=node.span, help="write [0.5, zeros]")
    problems = Problems()
    weight = problems.attempt(_read_number, node.items[0], argument, level.scope)
    part = problems.attempt(level.initializer, node.items[1], "a part")
    problems.settle()
    return (weight.value, part.value)


def _read_number(node: Node, argument: Argument, scope: Scope) -> Expression:
    what = f"`{argument.name}`"
    expression = read_expression(node, what, scope)
    if expression.names:
        return expression
    value = expression.evaluate({})
    if argument.kind in ("integer", "integers") and value != int(value):
        raise failure("wrong-type", f"{what} is a whole number, not {expression.text}", span=node.span)
    if argument.range is not None and float(value) not in argument.range:
        raise failure("bad-argument", f"{what} is {expression.text}: it must be {argument.range}", span=node.span)
    return expression


def _try(spec: InitSpec) -> None:
    """Makes the formula if every number is known: contradictions among them, and what no type holds, are found here."""
    try:
        formula = _constant(spec)
    except _NotConstantError:
        return
    except (ValueError, TypeError) as error:
        raise failure("bad-argument", f"{spec.name!r} refuses its arguments: {error}", span=spec.span) from error
    assert isinstance(formula, formulas.Formula)  # made of a spec
    excess = _excess(formula)
    if excess is not None:
        raise failure("out-of-range", f"{spec.name!r}: {excess}", "so in parameters of every type", span=spec.span)


def _excess(formula: Formula) -> str | None:
    """Returns what no element type holds of what ``formula`` draws, None if that depends on the parameter."""
    if not isinstance(formula, formulas.SHIPPED):  # a user's own runs where it is asked for
        return None
    try:
        draw = formula.resolve(formulas.UnknownSite())
    except formulas.UnknownSiteError:
        return None
    except ValueError as error:
        return str(error)
    if not any(number and not 1e-30 < abs(number) < 1e30 for number in _numbers(astuple(draw))):
        return None
    from ms_initkit.draws.reach import Reach  # reckons with NumPy, which no other recipe needs

    reach = Reach(TYPES["float64"], lambda *_: None)
    reach.of(draw, ())
    return next(iter(reach.faults), None)


def _numbers(value: object) -> Iterator[float]:
    match value:
        case tuple():
            for item in value:
                yield from _numbers(item)
        case float():
            yield value


class _NotConstantError(Exception):
    """A value waits for a network."""


def _constant(value: ArgumentValue) -> object:
    match value:
        case FromSpec():
            raise _NotConstantError
        case InitSpec():
            formula = formulas.known(value.name)
            return formula(**{name: _constant(inner) for name, inner in value.arguments})
        case tuple():
            return tuple(_constant(item) for item in value)
        case str() | bool() | None:
            return value
        case _ if value.names:
            raise _NotConstantError
        case _:
            return value.evaluate({})
