"""Docstrings of formulas, which pages and editors show."""

from __future__ import annotations

import pytest

from ms_initkit import formulas
from ms_initkit.formulas import elementary, structured
from ms_initkit.formulas.docstrings import Docstring, default_text, docstring_of
from tests.laws import EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_docstring_says_arguments_and_sources(name: str) -> None:
    formula = type(EXAMPLES[name].formula)
    text = formula.__doc__ or ""

    assert "Sources:" in text
    for argument in formulas.arguments(formula):
        assert f"\n        {argument.name}: " in text, argument.name


def test_a_docstring_is_taken_apart() -> None:
    class Own(elementary.Zeros):
        """Draws what it likes.

        As often
        as it likes.

        Args:
            size: How large
                it is.
            way: Up or down.

        Sources: A paper, 1999.
        """

    found = docstring_of(Own)

    assert found.summary == "Draws what it likes."
    assert found.body == "As often as it likes."
    assert found.arguments == {"size": "How large it is.", "way": "Up or down."}
    assert found.sources == "A paper, 1999."


def test_a_docstring_may_be_short() -> None:
    class Own(elementary.Zeros):
        """Draws what it likes."""

    assert docstring_of(Own) == Docstring("Draws what it likes.", "", {}, "")


def test_defaults_are_shown_as_recipes_write_them() -> None:
    shown = {argument.name: default_text(argument) for argument in formulas.arguments(structured.Icnr)}
    shown |= {argument.name: default_text(argument) for argument in formulas.arguments(elementary.TruncatedNormal)}

    assert shown["base"] == "he_normal"
    assert shown["correct_variance"] == "false"
    assert shown["sigma"] == "0.01"
    assert shown["bounds"] == "none"
