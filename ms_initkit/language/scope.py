"""Which names an expression may use, and expressions off nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from functools import partial
from itertools import chain
from typing import Final, Literal, TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.findings import RecipeError, Span, suggestion
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.grammar import CELL, ExpressionError, UnclosedError
from ms_initkit.syntax.nodes import Node, Scalar
from ms_initkit.syntax.numerals import explain_ambiguity
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import described, few, flag_hint, is_unquoted_glob, read_each, refuse_ambiguous, too_much
from ms_initkit.syntax.work import TooMuchWorkError, expression_too_large, spend

FAN_NAMES: Final = ("fan_in", "fan_out")
SHAPE_NAMES: Final = ("shape", "ndim")

# Steps of work that it takes to read an expression, and to look up a name and to say that it is none.
_STEPS_OF_EACH: Final = 15
_STEPS: Final = 50

VariableKind: TypeAlias = Literal["number", "flag", "text"]


@record
class Scope:
    """The names that an expression may use at its place.

    Args:
        variables: The variables that stand before it, with what they are.
        others: Captures and what is known of the tensor.
        later: Variables that stand after it in the same file, with where.
        is_complete: Whether all of it is known: not so where a parent or a match could not be read.
        captures: The captures of the rule, for names of entries; they are among ``others``.
        texts: Those of them that are texts.
        has_cell: Whether there is a cell whose options ``cell.NAME`` may name.
        of_parameters: Names that are known of each parameter, and not here.
    """

    variables: Mapping[str, VariableKind] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    later: Mapping[str, Span] = field(default_factory=dict)
    is_complete: bool = True
    captures: tuple[str, ...] = ()
    texts: frozenset[str] = frozenset()
    has_cell: bool = False
    of_parameters: tuple[str, ...] = ()

    def with_names(self, names: Iterable[str]) -> Scope:
        """Returns the scope with more names of numbers."""
        return replace(self, others=(*self.others, *names))

    def kind_of(self, name: str) -> VariableKind:
        """Returns what a name stands for that is known."""
        return "text" if name in self.texts else self.variables.get(name, "number")

    def __contains__(self, name: object) -> bool:
        return name in self.variables or name in self.others

    def __iter__(self) -> Iterator[str]:
        return chain(self.variables, self.others)

    def __len__(self) -> int:
        return len(self.variables) + len(self.others)


def read_expression(node: Node, what: str, scope: Scope) -> Expression:
    """Returns the arithmetic of ``node``, every name of which ``scope`` knows."""
    text = _read_scalar(node, what, "a number or an expression", scope)
    if text.text.lower().lstrip("+-.") in ("inf", "nan", "infinity"):
        raise failure("wrong-type", f"{what} is a finite number, not {text.text!r}", span=node.span)
    return _read(text, scope, is_condition=False)


def read_expressions(node: Node, what: str, scope: Scope) -> tuple[Expression, ...]:
    """Returns the arithmetic of each item of a list."""
    return read_each(node, what, partial(read_expression, scope=scope))


def read_condition(node: Node, what: str, scope: Scope) -> Expression:
    """Returns the condition of ``node``, every name of which ``scope`` knows."""
    return _read(_read_scalar(node, what, "a condition", scope), scope, is_condition=True)


def _read_scalar(node: Node, what: str, due: str, scope: Scope) -> Scalar:
    if not isinstance(node, Scalar) or node.is_null:
        hint = "a capture is written without braces" if is_unquoted_glob(node) else None
        raise failure("wrong-type", f"{what} is {due}, not {described(node)}", span=node.span, help=hint)
    refuse_ambiguous(node)
    if node.text not in ("true", "false") and node.text not in scope and flag_hint(node) is not None:
        raise failure("wrong-type", f"{what} is {due}, not {node.text!r}", span=node.span, help=flag_hint(node))
    return node


def _read(node: Scalar, scope: Scope, *, is_condition: bool) -> Expression:
    try:
        expression = Expression(node.text, is_condition)
        if not expression.names:
            expression.evaluate({})  # what has no value in any network is wrong here already
        spend(_STEPS_OF_EACH + _STEPS * len(expression.names))
    except TooMuchWorkError as error:
        raise too_much(error, node, expression_too_large) from error
    except ExpressionError as error:
        raise _placed(error, node) from error
    if expression.names:
        _check_names(expression, node, scope)
    return expression


def _placed(error: ExpressionError, node: Scalar) -> RecipeError:
    """Returns ``error`` with its place in the file."""
    written = node.text[error.start : error.start + error.length]
    code = "bad-expression" if explain_ambiguity(written) is None else "ambiguous-number"
    shown = "" if written == node.text else f" in {described(node)}"
    hint = error.hint
    rest = node.span.text_of_line[node.span.end_column - 1 :].lstrip()
    if isinstance(error, UnclosedError) and not node.is_quoted and rest.startswith(","):
        hint = "within braces a comma ends the value: write the expression in quotes"
    return failure(code, f"{error}{shown}", span=node.part(error.start, error.length), help=hint)


def _check_names(expression: Expression, node: Scalar, scope: Scope) -> None:
    """Raises for every name that ``scope`` does not know, or that is no number where a number is due."""
    problems = Problems()
    texts = {name for name in expression.names if scope.kind_of(name) != "number"}
    misplaced = texts & expression.arithmetic_names() if texts else texts
    for name in sorted(expression.names, key=expression.find):
        span = node.part(expression.find(name), len(name))
        if name.startswith(CELL):
            if not scope.has_cell:
                note = "an option of a cell is known where a rule has found a parameter"
                problems.add("unknown-variable", f"{name!r} is not known here", note, span=span)
        elif name in scope.of_parameters:
            note = "`when` is asked once, before the rule has found a parameter; `where` is asked for each"
            message = f"{name!r} is known of each parameter, and not here"
            problems.add("unknown-variable", message, note, span=span, help=f"write `where: {node.text}`")
        elif name in scope.later:
            note = f"it is defined at {scope.later[name].in_file}; an expression uses the variables before it"
            message = f"{name!r} is used before it is defined"
            problems.add("unknown-variable", message, note, span=span, help="move the definition up")
        elif name not in scope and scope.is_complete:
            hint = suggestion(name, scope) or known_names(scope)
            problems.add("unknown-variable", f"no variable is called {name!r}", span=span, help=hint)
        elif name in misplaced:
            problems.add("wrong-type", f"the variable {name!r} is a {scope.kind_of(name)}, not a number", span=span)
    problems.settle()


def known_names(scope: Scope) -> str:
    """Returns what may be used, for a hint about a name that may not."""
    return f"here are known: {few(scope)}" if len(scope) else "define it under `vars`"
