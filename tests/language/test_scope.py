"""Which names an expression may use, and what is said of the others."""

from __future__ import annotations

import pytest

from ms_initkit.findings import RecipeError, Span
from ms_initkit.language.scope import Scope, read_condition, read_expression, read_expressions
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.nodes import Mapping, Node
from ms_initkit.syntax.source import read_text

SCOPE = Scope({"sigma": "number", "act": "text", "is_deep": "flag"}, others=("i", "ndim"))


def node(text: str) -> Node:
    root = read_text(f"a: {text}", "recipe.yaml").root
    assert isinstance(root, Mapping)
    ((_, value),) = root.entries
    return value


def refused(text: str, scope: Scope = SCOPE) -> tuple[str, str, str | None]:
    with pytest.raises(RecipeError) as caught:
        read_expression(node(text), "`a`", scope)
    (finding,) = caught.value.findings
    return finding.code, finding.message, finding.help


def test_names_that_are_known_may_be_used() -> None:
    assert read_expression(node("sigma / (i + ndim)"), "`a`", SCOPE) == Expression("sigma / (i + ndim)")
    assert read_expressions(node("[sigma, 2]"), "`a`", SCOPE) == (Expression("sigma"), Expression("2"))
    assert read_condition(node("is_deep and act == 'relu'"), "`a`", SCOPE).names == {"is_deep", "act"}
    assert "j" not in SCOPE
    assert "j" in SCOPE.with_names(("j",))
    assert tuple(SCOPE) == ("sigma", "act", "is_deep", "i", "ndim")


def test_a_name_that_is_not_known_is_guessed_or_told_what_is() -> None:
    assert refused("simga * 2") == ("unknown-variable", "no variable is called 'simga'", "did you mean 'sigma'?")
    assert refused("width", Scope({"a": "number", "b": "number"}))[2] == "here are known: a and b"
    assert refused("width", Scope())[2] == "define it under `vars`"
    many = Scope(dict.fromkeys((f"v{n}" for n in range(30)), "number"))
    assert (refused("width", many)[2] or "").endswith("v19 and 10 more")


def test_where_not_all_is_known_no_name_is_refused() -> None:
    scope = Scope(is_complete=False)

    assert read_expression(node("whatever + 1"), "`a`", scope) == Expression("whatever + 1")


def test_what_stands_later_or_elsewhere_is_said() -> None:
    later = Scope(later={"b": Span("recipe.yaml", 7, 1, 2)})
    assert refused("b + 1", later)[:2] == ("unknown-variable", "'b' is used before it is defined")
    with pytest.raises(RecipeError) as caught:
        read_condition(node("shape[0] > 1"), "`when`", Scope(of_parameters=("shape",)))
    assert caught.value.findings[0].help == "write `where: shape[0] > 1`"
    assert refused("cell.width")[1] == "'cell.width' is not known here"
    assert read_expression(node("cell.width"), "`a`", Scope(has_cell=True)).names == {"cell.width"}


def test_text_and_flags_are_no_numbers() -> None:
    assert refused("act * 2")[:2] == ("wrong-type", "the variable 'act' is a text, not a number")
    assert refused("is_deep")[:2] == ("wrong-type", "the variable 'is_deep' is a flag, not a number")


@pytest.mark.parametrize(
    ("text", "code"),
    [("inf", "wrong-type"), ("-.nan", "wrong-type"), ("yes", "wrong-type"), ("{i}", "wrong-type"), ("", "wrong-type")],
)
def test_what_is_no_number_is_refused(text: str, code: str) -> None:
    assert refused(text)[0] == code


def test_within_braces_a_comma_ends_an_expression() -> None:
    with pytest.raises(RecipeError) as caught:
        read_expression(node("{b: max(1, c: 2)}").entries[0][1], "`b`", SCOPE)  # type: ignore[union-attr]  # a mapping

    assert caught.value.findings[0].code == "bad-expression"
    assert caught.value.findings[0].help == "within braces a comma ends the value: write the expression in quotes"
