"""Arithmetic over names, and conditions: a small parser of our own, and the same bits on every machine.

::

    condition   = or ;  or = and {"or" and} ;  and = not {"and" not} ;  not = "not" not | comparison
    comparison  = sum [("==" | "!=" | "<" | "<=" | ">" | ">=") sum]
    sum         = product {("+" | "-") product} ;  product = unary {("*" | "/") unary}
    unary       = ("+" | "-") unary | power ;  power = atom ["**" unary]
    atom        = number | name | name "[" sum "]" | function "(" sum {"," sum} ")" | "(" ... ")"

Conditions also know ``true``, ``false`` and text in quotes. Work is bounded by the length and depth of the
text; every result is finite. ``log``, ``exp`` and ``**`` come from ``portable``; IEEE 754 fixes the rest.
"""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ms_initkit.findings import suggestion
from ms_initkit.syntax.numerals import explain_ambiguity, read_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Value: TypeAlias = "float | int | bool | str | tuple[int, ...]"

LONGEST: Final = 1000
DEEPEST: Final = 24
MOST_OPERATIONS: Final = 100  # in a row: the tree of a long sum is as deep as the sum is long
_LARGEST_INTEGER: Final = 2**63
_LARGEST_EXPONENT: Final = 63

FUNCTIONS: Final = ("exp", "log", "max", "min", "sqrt")
_WORDS: Final = ("and", "or", "not", "true", "false")
RESERVED: Final = frozenset((*FUNCTIONS, *_WORDS))

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<number>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?P<tail>\w*))
    |(?P<name>[^\W\d]\w*)
    |(?P<text>"[^"]*"|'[^']*')
    |(?P<operator>\*\*|==|!=|<=|>=|[-+*/()\[\],<>])
    |(?P<other>\S))""",
    re.VERBOSE,
)
_MEANT: Final = {
    "^": "write ** for powers", "=": "write == to compare", "%": "there is no remainder", "&": "write `and`",
    "|": "write `or`", "!": "write `not`", ".": "there are no attributes",
    "{": "a capture is written without braces", "}": "a capture is written without braces",
}  # fmt: skip

_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
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
        self,
        message: str,
        start: int,
        length: int = 1,
        hint: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(message)
        self.start: Final = start
        self.length: Final = length
        self.hint: Final = hint
        self.name: Final = name


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int

    def error(self, message: str, hint: str | None = None) -> ExpressionError:
        return ExpressionError(message, self.start, max(1, len(self.text)), hint)


@dataclass(frozen=True, slots=True)
class _Node:
    """An operation on the values of ``operands``; ``token`` says which, and where it stands."""

    kind: str
    token: _Token
    operands: tuple[_Node, ...] = ()
    literal: Value = 0
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Expression:
    """Arithmetic, or a condition, over names.

    Args:
        text: As written.
        is_condition: Whether it answers yes or no, and knows comparisons and text.
    """

    text: str
    is_condition: bool = False
    names: frozenset[str] = field(init=False, compare=False, repr=False)
    _root: _Node = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Parses the text.

        Raises:
            ExpressionError: If it is not an expression.
        """
        root = _Parser(self.text, is_condition=self.is_condition).parse()
        object.__setattr__(self, "_root", root)  # the class is frozen for everybody else
        object.__setattr__(self, "names", frozenset(token.text for token in _name_tokens(root)))

    def evaluate(self, env: Mapping[str, Value]) -> float | int:
        """Returns the value under ``env``: an integer if integers were only added, subtracted and multiplied.

        Raises:
            ExpressionError: If a name has no value or a wrong one, or the result is not finite.
        """
        value = _evaluate(self._root, env)
        if self.is_condition:
            if not isinstance(value, bool):
                raise ExpressionError(
                    f"{self.text!r} is {value!r}: a condition is true or false",
                    0,
                    len(self.text),
                    "compare it, as in n > 1",
                )
            return value
        return _number(value, self._root.token)

    def find(self, name: str) -> int:
        """Returns where ``name`` first stands in the text."""
        return min(token.start for token in _name_tokens(self._root) if token.text == name)

    def arithmetic_names(self) -> frozenset[str]:
        """Returns the names that must stand for numbers."""
        return frozenset(token.text for token in _arithmetic_names(self._root, is_number=not self.is_condition))

    def __str__(self) -> str:
        """Returns the text."""
        return self.text


def parse_expression(text: str) -> Expression:
    """Returns the arithmetic written as ``text``.

    Raises:
        ExpressionError: If it is not arithmetic.
    """
    return Expression(text)


def parse_condition(text: str) -> Expression:
    """Returns the condition written as ``text``.

    Raises:
        ExpressionError: If it is not a condition.
    """
    return Expression(text, is_condition=True)


class _Parser:
    """Recursive descent, one method for each line of the grammar; the depth of the recursion is bounded."""

    def __init__(self, text: str, *, is_condition: bool) -> None:
        if len(text) > LONGEST:
            raise ExpressionError(f"an expression is at most {LONGEST} characters long", LONGEST)
        self.tokens = [*_tokens(text), _Token("end", "", len(text.rstrip()))]
        self.is_condition = is_condition
        self.at = 0
        self.level = 0

    def parse(self) -> _Node:
        root = self._or() if self.is_condition else self._sum()
        token = self.tokens[self.at]
        if token.text in _COMPARISONS:
            raise token.error(
                "comparisons cannot be chained" if self.is_condition else "comparisons belong to `when`",
                "join two comparisons by `and`" if self.is_condition else None,
            )
        if token.kind != "end":
            raise token.error(
                f"{token.text!r} is not expected here",
                _MEANT.get(token.text, "did you leave out an operator?"),
            )
        return root

    def _or(self) -> _Node:
        return self._chain(("or",), self._and, "logic")

    def _and(self) -> _Node:
        return self._chain(("and",), self._not, "logic")

    def _not(self) -> _Node:
        token = self._take("not")
        if token is None:
            return self._comparison()
        return self._deeper("not", token, self._not)

    def _comparison(self) -> _Node:
        left = self._sum()
        token = self._take(*_COMPARISONS)
        return left if token is None else _join("comparison", token, left, self._sum())

    def _sum(self) -> _Node:
        return self._chain(_ADDING, self._product, "arithmetic")

    def _product(self) -> _Node:
        return self._chain(_MULTIPLYING, self._unary, "arithmetic")

    def _unary(self) -> _Node:
        token = self._take(*_ADDING)
        return self._power() if token is None else self._deeper("sign", token, self._unary)

    def _power(self) -> _Node:
        base = self._atom()
        token = self._take("**")
        if token is None:
            return base
        return self._deeper("arithmetic", token, self._unary, base)

    def _chain(self, words: tuple[str, ...], operand: Callable[[], _Node], kind: str) -> _Node:
        node = operand()
        while (token := self._take(*words)) is not None:
            node = _join(kind, token, node, operand())
        return node

    def _deeper(self, kind: str, token: _Token, operand: Callable[[], _Node], *before: _Node) -> _Node:
        self.level += 1
        if self.level > DEEPEST:
            raise token.error(f"this is nested deeper than {DEEPEST}")
        node = _join(kind, token, *before, operand())
        self.level -= 1
        return node

    def _atom(self) -> _Node:
        token = self.tokens[self.at]
        self.at += 1
        match token.kind:
            case "number":
                return _Node("literal", token, literal=_literal(token))
            case "name":
                return self._named(token)
            case "text" if self.is_condition:
                return _Node("literal", token, literal=token.text[1:-1])
            case "text":
                raise token.error("text has no place in arithmetic", "text is compared in `when`")
            case "operator" if token.text == "(":
                return self._parenthesised(token)
            case "end":
                raise token.error("something is missing here" if self.at > 1 else "this is empty")
            case _:
                raise token.error(f"{token.text!r} is not expected here", _MEANT.get(token.text))

    def _parenthesised(self, token: _Token) -> _Node:
        node = self._deeper("same", token, self._or if self.is_condition else self._sum)
        self._close(token, ")")
        return node

    def _named(self, token: _Token) -> _Node:
        if token.text in ("true", "false"):
            if not self.is_condition:
                raise token.error(f"{token.text!r} is not a number", "write 1 or 0")
            return _Node("literal", token, literal=token.text == "true")
        if token.text in _WORDS:
            raise token.error(
                f"{token.text!r} is not expected here",
                None if self.is_condition else "conditions belong to `when`",
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
                f"no function is called {token.text!r}",
                suggestion(token.text, FUNCTIONS) or _listed_functions(),
            )
        return _Node("name", token)

    def _call(self, token: _Token, opening: _Token | None) -> _Node:
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

    def _take(self, *texts: str) -> _Token | None:
        token = self.tokens[self.at]
        if token.text not in texts or token.kind == "text":
            return None
        self.at += 1
        return token

    def _close(self, opening: _Token, bracket: str) -> None:
        if self._take(bracket) is None:
            token = self.tokens[self.at]
            if token.kind == "end":
                raise opening.error(f"{opening.text!r} is never closed")
            raise token.error(f"{token.text!r} is not expected here", f"'{bracket}' is due")


def _join(kind: str, token: _Token, *operands: _Node) -> _Node:
    depth = 1 + max(operand.depth for operand in operands)
    if depth > MOST_OPERATIONS + 1:
        raise token.error(f"this has more than {MOST_OPERATIONS} operations in a row")
    return operands[0] if kind == "same" else _Node(kind, token, operands, depth=depth)


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup) if match.lastgroup != "tail" else "number"
        found.append(_Token(kind, match[kind], match.start(kind)))
    return found


def _literal(token: _Token) -> float | int:
    number = read_number(token.text)
    if number is None:
        ambiguity = explain_ambiguity(token.text)
        if ambiguity is not None:
            raise token.error(f"{token.text!r} is ambiguous: {ambiguity[0]}", f"write {ambiguity[1]}")
        raise token.error(f"{token.text!r} is not a number", "write it in decimal, as 0.02 or 2e-2")
    return _finite(number, token)


def _listed_functions() -> str:
    return f"there are {', '.join(FUNCTIONS[:-1])} and {FUNCTIONS[-1]}"


def _name_tokens(node: _Node) -> list[_Token]:
    own = [node.token] if node.kind in ("name", "index") else []
    return own + [token for operand in node.operands for token in _name_tokens(operand)]


def _arithmetic_names(node: _Node, *, is_number: bool) -> list[_Token]:
    if node.kind == "name":
        return [node.token] if is_number else []
    is_inside = node.kind in ("arithmetic", "sign", "call", "index") or node.token.text in (
        "<",
        "<=",
        ">",
        ">=",
    )
    return [token for operand in node.operands for token in _arithmetic_names(operand, is_number=is_inside)]


def _evaluate(node: _Node, env: Mapping[str, Value]) -> Value:
    match node.kind:
        case "literal":
            return node.literal
        case "name":
            return _look_up(node.token, env)
        case "index":
            return _element(node, env)
        case "logic":
            return _logic(node, env)
        case "not":
            return not _flag(_evaluate(node.operands[0], env), node.token)
        case "comparison":
            left, right = (_evaluate(operand, env) for operand in node.operands)
            return _compare(node.token, left, right)
        case _:
            numbers = [_number(_evaluate(operand, env), operand.token) for operand in node.operands]
            return _compute(node, numbers)


def _look_up(token: _Token, env: Mapping[str, Value]) -> Value:
    if token.text not in env:
        raise ExpressionError(
            f"{token.text!r} has no value here",
            token.start,
            len(token.text),
            suggestion(token.text, env),
            token.text,
        )
    return env[token.text]


def _element(node: _Node, env: Mapping[str, Value]) -> int:
    values = _look_up(node.token, env)
    if not isinstance(values, tuple):
        raise node.token.error(f"{node.token.text!r} is {values!r} and has no elements")
    index = _number(_evaluate(node.operands[0], env), node.operands[0].token)
    if not isinstance(index, int) or not -len(values) <= index < len(values):
        raise node.token.error(f"{node.token.text} is {values} and has no element {index}")
    return values[index]


def _logic(node: _Node, env: Mapping[str, Value]) -> bool:
    # The second half is left alone where the first decides: it may lean on it, as in `n > 0 and 8 / n > 2`.
    left = _flag(_evaluate(node.operands[0], env), node.operands[0].token)
    if left == (node.token.text == "or"):
        return left
    return _flag(_evaluate(node.operands[1], env), node.operands[1].token)


def _compare(token: _Token, left: Value, right: Value) -> bool:
    kinds = [_kind(value) for value in (left, right)]
    if kinds[0] != kinds[1]:
        raise token.error(f"{left!r} and {right!r} cannot be compared: one is {kinds[0]}, the other {kinds[1]}")
    if kinds[0] != "a number" and token.text not in ("==", "!="):
        raise token.error(f"{kinds[0]} is not smaller or larger than another")
    return _COMPARISONS[token.text](left, right)


def _kind(value: Value) -> str:
    match value:
        case bool():
            return "a flag"
        case str():
            return "text"
        case tuple():
            return "a shape"
        case _:
            return "a number"


def _flag(value: Value, token: _Token) -> bool:
    if not isinstance(value, bool):
        raise token.error(f"{value!r} is neither true nor false")
    return value


def _number(value: Value, token: _Token) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        help_text = f"write {token.text}[0] for its first element" if isinstance(value, tuple) else None
        raise token.error(f"{token.text!r} is {_kind(value)}, {value!r}, where a number is due", help_text)
    return value


def _finite(value: float | int, token: _Token) -> float | int:
    if isinstance(value, int):
        if abs(value) >= _LARGEST_INTEGER:
            raise token.error("the integer does not fit 64 bits", "write it with a point or an exponent")
        return value
    if not math.isfinite(value):
        raise token.error("the result is not a finite number")
    return value


def _compute(node: _Node, numbers: list[float | int]) -> float | int:
    token = node.token
    result: float | int
    match node.kind, token.text, numbers:
        case "sign", sign, [x]:
            result = -x if sign == "-" else x
        case _, "+", [x, y]:
            result = x + y
        case _, "-", [x, y]:
            result = x - y
        case _, "*", [x, y]:
            result = x * y
        case _, "/", [x, y]:
            result = _divide(x, y, token)
        case _, "**", [x, y]:
            result = _power(x, y, token)
        case _, "min", _:
            result = min(numbers)
        case _, "max", _:
            result = max(numbers)
        case _, "sqrt", [x]:
            result = _square_root(x, token)
        case _:
            result = _transcendental(token, float(numbers[0]))
    return _finite(result, token)


def _square_root(x: float | int, token: _Token) -> float:
    if x < 0:
        raise token.error(f"there is no square root of {x}")
    return math.sqrt(x)


def _divide(x: float | int, y: float | int, token: _Token) -> float:
    if y == 0:
        raise token.error(f"{x} is divided by zero")
    return x / y


def _power(x: float | int, y: float | int, token: _Token) -> float | int:
    if isinstance(x, int) and isinstance(y, int) and 0 <= y <= _LARGEST_EXPONENT:
        power: int = x**y
        return power
    if x == 0 and y < 0:
        raise token.error("zero has no negative powers")
    if x < 0 and y != math.floor(y):
        raise token.error(f"{x} has no power {y} among the real numbers")
    from ms_initkit.draws import portable

    result: float = portable.power(float(x), float(y))
    return result


def _transcendental(token: _Token, x: float) -> float:
    if token.text == "log" and x <= 0:
        raise token.error(f"there is no logarithm of {x}")
    from ms_initkit.draws import portable

    result: float = portable.log(x) if token.text == "log" else portable.exp(x)
    return result
