"""Arithmetic of recipes: text to a tree, of bounded length and depth."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.findings import suggestion
from ms_initkit.syntax.numerals import LARGEST_INTEGER, explain_ambiguity, is_lost, read_number
from ms_initkit.syntax.work import spend

Value: TypeAlias = float | int | bool | str | tuple[int, ...]

LONGEST: Final = 1000

DEEPEST: Final = 24

_STEPS: Final = 10  # of work that it takes to read a word, a number or a sign

MOST_OPERATIONS: Final = 100  # in a row: the tree of a long sum is as deep as the sum is long

FUNCTIONS: Final = ("exp", "log", "max", "min", "sqrt")

_WORDS: Final = ("and", "or", "not", "true", "false")

CELL: Final = "cell."  # what a name begins with that is an option of the parameter's own cell

RESERVED: Final = frozenset((*FUNCTIONS, *_WORDS, CELL.rstrip(".")))

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<number>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?P<tail>\w*))
    |(?P<name>(?:cell\.)?[^\W\d]\w*)
    |(?P<text>"[^"]*"|'[^']*')
    |(?P<operator>\*\*|==|!=|<=|>=|[-+*/()\[\],<>])
    |(?P<other>\S))""",
    re.VERBOSE,
)

_MEANT: Final = {
    "^": "write ** for powers",
    "=": "write == to compare",
    "%": "there is no remainder",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`",
    ".": "there are no attributes",
    "{": "a capture is written without braces",
    "}": "a capture is written without braces",
}

COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_ADDING: Final = ("+", "-")

_MULTIPLYING: Final = ("*", "/")


class ExpressionError(ValueError):
    """A text is no expression, or has no value.

    Args:
        message: What is wrong.
        start: Where in the text, from 0.
        length: How many characters are concerned.
        hint: What to write.
        name: The name concerned, if one is unknown.
    """

    def __init__(
        self, message: str, start: int, length: int = 1, hint: str | None = None, name: str | None = None
    ) -> None:
        super().__init__(message)
        self.start: Final = start
        self.length: Final = length
        self.hint: Final = hint
        self.name: Final = name


class UnclosedError(ExpressionError):
    """A bracket is never closed."""


@record
class Token:
    """A word, number or sign of an expression, with its place."""

    kind: str
    text: str
    start: int

    def error(self, message: str, hint: str | None = None) -> ExpressionError:
        """Returns what is wrong at this place."""
        return ExpressionError(message, self.start, max(1, len(self.text)), hint)


@record
class Node:
    """An operation on the values of ``operands``; ``token`` says which, and where it stands."""

    kind: str
    token: Token
    operands: tuple[Node, ...] = ()
    literal: Value = 0
    depth: int = 1


class Parser:
    """Recursive descent, one method for each line of the grammar; the depth of the recursion is bounded."""

    def __init__(self, text: str, *, is_condition: bool) -> None:
        if len(text) > LONGEST:
            raise ExpressionError(f"an expression is at most {LONGEST} characters long", LONGEST)
        self.tokens = [*_tokens(text), Token("end", "", len(text.rstrip()))]
        spend(_STEPS * len(self.tokens))
        self.is_condition = is_condition
        self.at = 0
        self.level = 0

    def parse(self) -> Node:
        """Returns the tree of the whole text."""
        root = self._or() if self.is_condition else self._sum()
        token = self.tokens[self.at]
        if token.text in COMPARISONS:
            raise token.error(
                "comparisons cannot be chained" if self.is_condition else "comparisons belong to `when`",
                "join two comparisons by `and`" if self.is_condition else None,
            )
        if token.kind != "end":
            raise token.error(
                f"{token.text!r} is not expected here", _MEANT.get(token.text, "did you leave out an operator?")
            )
        return root

    def _or(self) -> Node:
        return self._chain(("or",), self._and, "logic")

    def _and(self) -> Node:
        return self._chain(("and",), self._not, "logic")

    def _not(self) -> Node:
        token = self._take("not")
        if token is None:
            return self._comparison()
        return self._deeper("not", token, self._not)

    def _comparison(self) -> Node:
        left = self._sum()
        token = self._take(*COMPARISONS)
        return left if token is None else _join("comparison", token, left, self._sum())

    def _sum(self) -> Node:
        return self._chain(_ADDING, self._product, "arithmetic")

    def _product(self) -> Node:
        return self._chain(_MULTIPLYING, self._unary, "arithmetic")

    def _unary(self) -> Node:
        token = self._take(*_ADDING)
        return self._power() if token is None else self._deeper("sign", token, self._unary)

    def _power(self) -> Node:
        base = self._atom()
        token = self._take("**")
        if token is None:
            return base
        return self._deeper("arithmetic", token, self._unary, base)

    def _chain(self, words: tuple[str, ...], operand: Callable[[], Node], kind: str) -> Node:
        node = operand()
        while (token := self._take(*words)) is not None:
            node = _join(kind, token, node, operand())
        return node

    def _deeper(self, kind: str, token: Token, operand: Callable[[], Node], *before: Node) -> Node:
        self.level += 1
        if self.level > DEEPEST:
            raise token.error(f"this is nested deeper than {DEEPEST}")
        node = _join(kind, token, *before, operand())
        self.level -= 1
        return node

    def _atom(self) -> Node:
        token = self.tokens[self.at]
        self.at += 1
        match token.kind:
            case "number":
                return Node("literal", token, literal=_literal(token))
            case "name":
                return self._named(token)
            case "text" if self.is_condition:
                return Node("literal", token, literal=token.text[1:-1])
            case "text":
                raise token.error("text has no place in arithmetic", "text is compared in `when`")
            case "operator" if token.text == "(":
                return self._parenthesised(token)
            case "end":
                raise token.error("something is missing here" if self.at > 1 else "this is empty")
            case _:
                raise token.error(f"{token.text!r} is not expected here", _MEANT.get(token.text))

    def _parenthesised(self, token: Token) -> Node:
        node = self._deeper("same", token, self._or if self.is_condition else self._sum)
        self._close(token, ")")
        return node

    def _named(self, token: Token) -> Node:
        if token.text in ("true", "false"):
            if not self.is_condition:
                raise token.error(f"{token.text!r} is not a number", "write 1 or 0")
            return Node("literal", token, literal=token.text == "true")
        if token.text in _WORDS:
            raise token.error(
                f"{token.text!r} is not expected here", None if self.is_condition else "conditions belong to `when`"
            )
        bracket = self._take("[")
        if bracket is not None:
            node = self._deeper("index", token, self._sum)
            self._close(bracket, "]")
            return node
        opening = self._take("(")
        if token.text in FUNCTIONS:
            return self._call(token, opening)
        if opening is not None:
            raise token.error(
                f"no function is called {token.text!r}", suggestion(token.text, FUNCTIONS) or _listed_functions()
            )
        return Node("name", token)

    def _call(self, token: Token, opening: Token | None) -> Node:
        if opening is None:
            raise token.error(f"{token.text!r} is a function", f"write {token.text}(...)")
        self.level += 1
        if self.level > DEEPEST:
            raise token.error(f"this is nested deeper than {DEEPEST}")
        arguments = [self._sum()]
        while self._take(",") is not None:
            arguments.append(self._sum())
        self._close(opening, ")")
        self.level -= 1
        if len(arguments) > 1 and token.text not in ("min", "max"):
            raise token.error(f"{token.text!r} takes one argument, not {len(arguments)}")
        return _join("call", token, *arguments)

    def _take(self, *texts: str) -> Token | None:
        token = self.tokens[self.at]
        if token.text not in texts or token.kind == "text":
            return None
        self.at += 1
        return token

    def _close(self, opening: Token, bracket: str) -> None:
        if self._take(bracket) is None:
            token = self.tokens[self.at]
            if token.kind == "end":
                raise UnclosedError(f"{opening.text!r} is never closed", opening.start, len(opening.text))
            raise token.error(f"{token.text!r} is not expected here", f"'{bracket}' is due")


def _join(kind: str, token: Token, *operands: Node) -> Node:
    depth = 1 + max(operand.depth for operand in operands)
    if depth > MOST_OPERATIONS + 1:
        raise token.error(f"this has more than {MOST_OPERATIONS} operations in a row")
    return operands[0] if kind == "same" else Node(kind, token, operands, depth=depth)


def _tokens(text: str) -> list[Token]:
    found = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup) if match.lastgroup != "tail" else "number"
        found.append(Token(kind, match[kind], match.start(kind)))
    return found


def _literal(token: Token) -> float | int:
    number = read_number(token.text)
    if number is None:
        ambiguity = explain_ambiguity(token.text)
        if ambiguity is not None:
            raise token.error(f"{token.text!r} is ambiguous: {ambiguity[0]}", f"write {ambiguity[1]}")
        raise token.error(f"{token.text!r} is not a number", "write it in decimal, as 0.02 or 2e-2")
    if is_lost(token.text, number):
        raise token.error("the number is so small that it would be 0")
    return finite(number, token)


def _listed_functions() -> str:
    return f"there are {', '.join(FUNCTIONS[:-1])} and {FUNCTIONS[-1]}"


def finite(value: float | int, token: Token) -> float | int:
    """Returns ``value`` if it is a finite float or an integer of 64 bits; otherwise it is an error at ``token``."""
    if isinstance(value, int):
        if abs(value) >= LARGEST_INTEGER:
            raise token.error("the integer does not fit 64 bits", "write it with a point or an exponent")
        return value
    if not math.isfinite(value):
        raise token.error("the result is not a finite number")
    return value
