from __future__ import annotations

import math
import subprocess
import sys
from fractions import Fraction
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.grammar import ExpressionError, Value
from ms_initkit.syntax.work import TooMuchWorkError, bounded

_condition = partial(Expression, is_condition=True)

ENV: dict[str, Value] = {"sigma": 0.02, "n": 12, "shape": (64, 3, 7, 7), "fan_in": 147, "act": "relu", "is_deep": True}

numbers = st.integers(-20, 20).map(lambda n: f"({n})" if n < 0 else str(n))
sums = st.recursive(
    numbers,
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda parts: f"({' '.join(parts)})"),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sigma / sqrt(2 * n)", 0.02 / math.sqrt(24)),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("2 ** 3 ** 2", 512),
        ("7 - 2 - 1", 4),
        ("12 / 2 / 3", 2.0),
        ("1 - -1", 2),
        ("+3", 3),
        ("(1 + 2) * 3", 9),
        ("shape[0] * shape[-1]", 448),
        ("shape[n - 11]", 3),
        ("max(1, n, 3)", 12),
        ("min(n, 2.5)", 2.5),
        ("sqrt(16)", 4.0),
        ("1e-3", 0.001),
        ("\t1 +\n2 ", 3),
    ],
)
def test_arithmetic_is_what_it_is_in_mathematics(text: str, value: float) -> None:
    result = Expression(text).evaluate(ENV)

    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2**53 + 1", 2**53 + 1),
        ("2**63", 2**63),
        ("-(2**63)", -(2**63)),
        ("(2**63 - 1) * 2 + 1", 2**64 - 1),
        ("9007199254740993 / 1", 2**53 + 1),
        ("-27021597764222979 / 3", -(2**53 + 1)),
        ("(-1) ** 65", -1),
        ("(-1) ** 1000", 1),
        ("0 ** 64", 0),
        ("0 ** 0", 1),
        ("1 ** 18446744073709551615", 1),
    ],
)
def test_whole_numbers_pass_through_no_float(text: str, value: int) -> None:
    result = Expression(text).evaluate({})

    assert result == value
    assert isinstance(result, int)


@pytest.mark.parametrize(
    "text", ["2**64 - 1", "2**64 - 18446744073709551615", "3**41", "(-2) ** 65", "7 ** 10000000000"]
)
def test_whole_numbers_beyond_64_bits_are_refused_and_not_rounded(text: str) -> None:
    with pytest.raises(ExpressionError, match="does not fit 64 bits"):
        Expression(text).evaluate({})


@pytest.mark.parametrize("text", ["1e-400", "0.001e-350", "1e-200 * 1e-200", "1e-300 / 1e300", "-1e-320 * 0.0001"])
def test_what_would_be_0_and_is_not_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="so small that it would be 0"):
        Expression(text).evaluate({})


@pytest.mark.parametrize(
    "text", ["0e-400", "0.000", "0 * 1e-300", "0 / 7", "5e-324", "exp(-1000) * 0.02", "0.5 ** 2000"]
)
def test_zeros_and_limits_are_none_of_those(text: str) -> None:
    assert Expression(text).evaluate({}) in (0, 5e-324)


@pytest.mark.parametrize("text", ["1e-3", "0.001", "1.0e-3", "1E-3", ".001"])
def test_every_way_of_writing_a_thousandth_has_the_same_bits(text: str) -> None:
    assert Expression(text).evaluate({}) == 0.001


@pytest.mark.parametrize(
    ("text", "start", "message"),
    [
        ("10 ** 30", 3, "64 bits"),
        ("2.0 ** 5000", 4, "finite"),
        ("log(0)", 0, "no logarithm of 0"),
        ("sqrt(-1)", 0, "no square root"),
        ("2 / (n - 12)", 2, "divided by zero"),
        ("0 ** -1", 2, "negative powers"),
        ("(-1) ** 0.5", 5, "no power"),
        ("exp(1000)", 0, "finite"),
        ("2 * sgma", 4, "no value"),
        ("act + 1", 0, "is text"),
        ("1 + is_deep", 4, "is a flag"),
        ("shape + 1", 0, "is a shape"),
        ("shape[9]", 0, "no element 9"),
        ("shape[0.5]", 0, "no element"),
        ("sigma[0]", 0, "no elements"),
    ],
)
def test_what_has_no_value_is_refused_where_it_is_wrong(text: str, start: int, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        Expression(text).evaluate(ENV)

    assert caught.value.start == start


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ExpressionError) as caught:
        Expression("sgma * 2").evaluate(ENV)

    assert caught.value.hint == "did you mean 'sigma'?"
    assert caught.value.name == "sgma"


def test_an_expression_knows_its_names() -> None:
    expression = Expression("sigma * max(n, shape[depth]) + sigma")

    assert expression.names == {"sigma", "n", "shape", "depth"}
    assert expression.find("sigma") == 0
    assert expression.arithmetic_names() == {"sigma", "n", "depth"}


def test_expressions_are_equal_by_their_text() -> None:
    assert Expression("1 + n") == Expression("1 + n")
    assert len({Expression("n"), Expression("n"), _condition("n")}) == 2
    assert str(Expression("1 + n")) == "1 + n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("is_deep", True),
        ("not is_deep", False),
        ("not not is_deep", True),
        ("act == 'relu'", True),
        ('act != "relu" or n > 3', True),
        ("n > 3 and n < 5", False),
        ("n >= 12 and n <= 12", True),
        ("is_deep == true", True),
        ("n == 0 or 1 / n > 2", False),
        ("n != 0 and 12 / n == 1", True),
        ("false or (true and n + 1 == 13)", True),
        ("not n == 12", False),
        ("true or false and false", True),
    ],
)
def test_conditions_answer_yes_or_no(text: str, value: bool) -> None:
    assert _condition(text).evaluate(ENV) is value


def test_the_half_that_decides_nothing_is_not_evaluated() -> None:
    assert _condition("n == 12 or 1 / 0 > 2").evaluate(ENV) is True
    assert _condition("n == 0 and 1 / 0 > 2").evaluate(ENV) is False


@pytest.mark.parametrize(
    ("text", "start", "message"),
    [
        ("n", 0, "true or false"),
        ("act > 'a'", 4, "smaller or larger"),
        ("n == act", 2, "cannot be compared"),
        ("not n", 0, "neither true nor false"),
        ("n and is_deep", 0, "neither true nor false"),
        ("act + 1 > 2", 0, "is text"),
        ("act == relu", 7, "no value"),
    ],
)
def test_what_is_no_condition_is_refused_where_it_is_wrong(text: str, start: int, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        _condition(text).evaluate(ENV)

    assert caught.value.start == start


def test_text_is_never_evaluated_as_python() -> None:
    for text in ("__import__('os')", "().__class__", "lambda: 1", "n if n else 1", "[1]", "n := 2", "n // 2"):
        with pytest.raises(ExpressionError):
            Expression(text)


@given(sums)
def test_integers_are_exact(text: str) -> None:
    assert Expression(text).evaluate({}) == eval(text)


@given(st.lists(st.tuples(st.sampled_from("+-*/"), st.integers(1, 9)), min_size=1, max_size=8))
def test_operators_bind_as_they_do_in_mathematics(chain: list[tuple[str, int]]) -> None:
    text = "7 " + " ".join(f"{operator} {number}" for operator, number in chain)
    exact = "Fraction(7) " + " ".join(f"{operator} Fraction({number})" for operator, number in chain)

    assert Expression(text).evaluate({}) == pytest.approx(float(eval(exact, {"Fraction": Fraction})))


@given(st.text("0123456789.eE+-*/()[], nxsqrtlogminmax<>=!'\"&%", max_size=40))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    for is_condition in (False, True):
        start, value = 0, 0.0
        try:
            value = Expression(text, is_condition).evaluate({"n": 3, "x": 0.5})
        except ExpressionError as error:
            start = error.start

        assert 0 <= start <= len(text)
        assert math.isfinite(value)


@pytest.mark.parametrize("text", ["log(n)", "exp(sigma)", "fan_in ** -0.5", "sigma ** 1.5", "n ** 0.25"])
def test_what_libm_leaves_open_comes_from_portable(text: str) -> None:
    value = Expression(text).evaluate(ENV)

    assert value == pytest.approx(eval(text, {"log": math.log, "exp": math.exp} | ENV), rel=1e-15)


def test_reading_an_expression_imports_no_numpy() -> None:
    script = (
        "import sys; from ms_initkit.syntax.expressions import Expression as parse; "
        "parse('sqrt(2) * n ** 2 + log(n)'); assert not {'numpy', 'numba', 'mindspore'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", script], check=True)


def test_what_is_read_is_counted_and_a_value_without_names_is_computed_once() -> None:
    with bounded(2000):
        fixed = Expression("1+" * 90 + "1")  # 182 words and signs
    with bounded(1000), pytest.raises(TooMuchWorkError):
        Expression(fixed.text)
    with bounded(0):
        assert [fixed.evaluate({}) for _ in range(3)] == [91, 91, 91]
    with pytest.raises(TooMuchWorkError), bounded(12):
        Expression("n").evaluate({"n": 1})


def test_a_long_sum_knows_its_names_in_order() -> None:
    names = [f"v{n}" for n in range(99)]
    text = " + ".join(reversed(names))

    expression = Expression(text)

    assert sorted(expression.names, key=expression.find) == names[::-1]
    assert [expression.find(name) for name in names] == [f" {text} ".index(f" {name} ") for name in names]
