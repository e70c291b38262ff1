"""Arithmetic over names, and conditions: a small parser of our own, and the same bits on every machine.

::

    condition   = or ;  or = and {"or" and} ;  and = not {"and" not} ;  not = "not" not | comparison
    comparison  = sum [("==" | "!=" | "<" | "<=" | ">" | ">=") sum]
    sum         = product {("+" | "-") product} ;  product = unary {("*" | "/") unary}
    unary       = ("+" | "-") unary | power ;  power = atom ["**" unary]
    atom        = number | name | "cell." name | name "[" sum "]" | function "(" sum {"," sum} ")" | "(" ... ")"

Conditions also know ``true``, ``false`` and text in quotes. Work is bounded by the length and depth of the
text; every result is finite. ``log``, ``exp`` and ``**`` come from ``portable``; IEEE 754 fixes the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Final

from ms_initkit.basis.records import record
from ms_initkit.findings import suggestion
from ms_initkit.syntax.grammar import COMPARISONS, ExpressionError, Node, Parser, Token, Value, finite
from ms_initkit.syntax.work import spend

_LARGEST_EXPONENT: Final = 64
_STEPS: Final = 5  # of work that a part of an expression takes each time its value is asked for
_ORDERS: Final = ("<", "<=", ">", ">=")
_EXACT: Final = 2**53  # whole numbers up to here are floats, too


@record
class Expression:
    """Arithmetic, or a condition, over names.

    Args:
        text: As written.
        is_condition: Whether it answers yes or no, and knows comparisons and text.
    """

    text: str
    is_condition: bool = False
    names: frozenset[str] = field(init=False, compare=False, repr=False)
    _starts: Mapping[str, int] = field(init=False, compare=False, repr=False)
    _root: Node = field(init=False, compare=False, repr=False)
    _steps: int = field(init=False, compare=False, repr=False)
    _value: float | int | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Parses the text.

        Raises:
            ExpressionError: If it is not an expression.
        """
        parser = Parser(self.text, is_condition=self.is_condition)
        root = parser.parse()
        object.__setattr__(self, "_root", root)  # the class is frozen for everybody else
        object.__setattr__(self, "_steps", _STEPS * len(parser.tokens))
        object.__setattr__(self, "_value", None)
        starts = _starts(root)
        object.__setattr__(self, "_starts", starts)
        object.__setattr__(self, "names", frozenset(starts))

    def evaluate(self, env: Mapping[str, Value]) -> float | int:
        """Returns the value under ``env``: an integer if integers were only added, subtracted and multiplied.

        Raises:
            ExpressionError: If a name has no value or a wrong one, or the result is not finite.
        """
        if self._value is not None:
            return self._value
        if self.names:
            spend(self._steps)
            return self._evaluated(env)
        value = self._evaluated({})
        object.__setattr__(self, "_value", value)  # the same wherever it is asked for
        return value

    def _evaluated(self, env: Mapping[str, Value]) -> float | int:
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
        return self._starts[name]

    def arithmetic_names(self) -> frozenset[str]:
        """Returns the names that must stand for numbers."""
        return frozenset(_arithmetic_names(self._root, is_number=not self.is_condition))

    def __str__(self) -> str:
        """Returns the text."""
        return self.text


def _starts(root: Node) -> dict[str, int]:
    """Returns where each name first stands, without recursion: a long sum is as deep as it is long."""
    found: dict[str, int] = {}
    left = [root]
    while left:
        node = left.pop()
        left += node.operands
        if node.kind in ("name", "index"):
            found[node.token.text] = min(node.token.start, found.get(node.token.text, node.token.start))
    return found


def _arithmetic_names(root: Node, *, is_number: bool) -> Iterator[str]:
    """Yields the names that stand where a number is due, which the root ``is_number`` says of it."""
    left = [(root, is_number)]
    while left:
        node, is_number = left.pop()
        if node.kind == "name" and is_number:
            yield node.token.text
        is_inside = node.kind in ("arithmetic", "sign", "call", "index") or node.token.text in _ORDERS
        left += [(operand, is_inside) for operand in node.operands]


def _evaluate(node: Node, env: Mapping[str, Value]) -> Value:
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


def _look_up(token: Token, env: Mapping[str, Value]) -> Value:
    if token.text not in env:
        raise ExpressionError(
            f"{token.text!r} has no value here", token.start, len(token.text), suggestion(token.text, env), token.text
        )
    return env[token.text]


def _element(node: Node, env: Mapping[str, Value]) -> int:
    values = _look_up(node.token, env)
    if not isinstance(values, tuple):
        raise node.token.error(f"{node.token.text!r} is {values!r} and has no elements")
    index = _number(_evaluate(node.operands[0], env), node.operands[0].token)
    if not isinstance(index, int) or not -len(values) <= index < len(values):
        raise node.token.error(f"{node.token.text} is {values} and has no element {index}")
    return values[index]


def _logic(node: Node, env: Mapping[str, Value]) -> bool:
    # The second half is left alone where the first decides: it may lean on it, as in `n > 0 and 8 / n > 2`.
    left = _flag(_evaluate(node.operands[0], env), node.operands[0].token)
    if left == (node.token.text == "or"):
        return left
    return _flag(_evaluate(node.operands[1], env), node.operands[1].token)


def _compare(token: Token, left: Value, right: Value) -> bool:
    kinds = [_kind(value) for value in (left, right)]
    if kinds[0] != kinds[1]:
        raise token.error(f"{left!r} and {right!r} cannot be compared: one is {kinds[0]}, the other {kinds[1]}")
    if kinds[0] != "a number" and token.text not in ("==", "!="):
        raise token.error(f"{kinds[0]} is not smaller or larger than another")
    return COMPARISONS[token.text](left, right)


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


def _flag(value: Value, token: Token) -> bool:
    if not isinstance(value, bool):
        raise token.error(f"{value!r} is neither true nor false")
    return value


def _number(value: Value, token: Token) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        help_text = f"write {token.text}[0] for its first element" if isinstance(value, tuple) else None
        raise token.error(f"{token.text!r} is {_kind(value)}, {value!r}, where a number is due", help_text)
    return value


def _compute(node: Node, numbers: list[float | int]) -> float | int:
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
            result = _product(x, y, token)
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
    return finite(result, token)


def _square_root(x: float | int, token: Token) -> float:
    if x < 0:
        raise token.error(f"there is no square root of {x}")
    return math.sqrt(x)


def _product(x: float | int, y: float | int, token: Token) -> float | int:
    result = x * y
    if result == 0 and x != 0 and y != 0:
        raise token.error(f"{x} * {y} is so small that it would be 0")
    return result


def _divide(x: float | int, y: float | int, token: Token) -> float | int:
    if y == 0:
        raise token.error(f"{x} is divided by zero")
    if isinstance(x, int) and isinstance(y, int) and abs(x) > _EXACT and x % y == 0:
        return x // y  # which a float may not hold
    result = x / y
    if result == 0 and x != 0:
        raise token.error(f"{x} / {y} is so small that it would be 0")
    return result


def _power(x: float | int, y: float | int, token: Token) -> float | int:
    if isinstance(x, int) and isinstance(y, int) and y >= 0:  # what is beyond 64 bits is refused, and not computed
        power: int = x ** (min(y, _LARGEST_EXPONENT) if abs(x) > 1 else _first_of_its_kind(y))
        return power
    if x == 0 and y < 0:
        raise token.error("zero has no negative powers")
    if x < 0 and y != math.floor(y):
        raise token.error(f"{x} has no power {y} among the real numbers")
    from ms_initkit.draws import portable

    result: float = portable.power(float(x), float(y))
    return result


def _first_of_its_kind(y: int) -> int:
    """Returns the least exponent under which -1, 0 and 1 have the powers that they have under ``y``."""
    return y if y < 2 else 2 - y % 2


def _transcendental(token: Token, x: float) -> float:
    if token.text == "log" and x <= 0:
        raise token.error(f"there is no logarithm of {x}")
    from ms_initkit.draws import portable

    result: float = portable.log(x) if token.text == "log" else portable.exp(x)
    return result
