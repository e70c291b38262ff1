"""Biases that their layer adds up count twice."""

from __future__ import annotations

from ms_initkit.plans.bind import bind
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.sums import summed_biases
from tests.recipes import info, recipe

NAMES = ("l0.bias_ih", "l0.bias_hh", "l1.bias_ih", "l1.bias_hh", "other.bias_ih")


def lines(rules: str) -> tuple[Assignment, ...]:
    return bind(recipe(rules), [info(name, (16,)) for name in NAMES], strict=True).assignments


def test_two_whole_biases_of_a_layer_are_noted_once() -> None:
    (found,) = summed_biases(lines("{match: '**', init: lstm_forget_bias}"))

    assert (found.code, found.parameter) == ("summed-biases", "l0.bias_ih")
    assert found.message.startswith("'l0.bias_ih' and 'l0.bias_hh' and 1 more pairs are added by their layer")


def test_one_of_them_or_another_initializer_is_not() -> None:
    assert summed_biases(lines("{match: '**.bias_hh', init: zeros}\n{match: '**', init: lstm_forget_bias}")) == []
    assert summed_biases(lines("{match: '**', init: {uniform: 0.1}}")) == []
