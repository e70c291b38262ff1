from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.findings import RecipeError
from ms_initkit.language import library
from ms_initkit.language.load import load_recipe
from ms_initkit.language.variables import Count, Extent
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.globs import Glob
from tests.language.written import WHOLE, load, refused

fragments = st.sampled_from(
    [
        *WHOLE.splitlines(),
        "",
        "  - ",
        "rules:",
        "extends: recipe.yaml",
        "vars: [",
        "init: {normal: {sigma: }}",
        "match: *a.b",
        "\t",
    ]
)
PARENT = """\
family: base
rules:
  - {id: one, match: "a.*", init: 1}
  - {id: two, match: "b.*", init: 2}
  - {match: "**", init: 3}
"""


def test_a_recipe_has_everything_its_file_says() -> None:
    recipe = load(WHOLE)

    assert recipe.family == "gpt2"
    assert recipe.path == "recipe.yaml"
    assert recipe.reference == (("paper", "Radford et al. 2019"), ("year", "2019"))
    assert recipe.description == "A language model"
    assert recipe.strip_prefixes == ("network.", "_backbone.")
    assert {variable.name: variable.value for variable in recipe.variables} == {
        "sigma": Expression("2e-2"),
        "n_layers": Count(Glob("**.blocks.{i}.**")),
        "width": Extent(Glob("**.wte.weight"), 1),
        "act": "relu",
        "is_deep": True,
        "std": Expression("sigma / sqrt(2 * n_layers)"),
    }
    assert [rule.id for rule in recipe.rules] == ["residual", "qkv", "3", "4", "5"]
    assert recipe.rules[0].when == Expression('is_deep and act == "relu"', is_condition=True)
    assert str(recipe.rules[0].span) == "recipe.yaml:13:5"


def test_everything_wrong_is_told_at_once_and_in_order() -> None:
    text = """\
famly: x
vars: {a: b, c: 1}
rules:
  - match: "a..b"
    init: {he_nromal: 1}
  - match: "**"
    init: {constant: c + d}
    optonal: yes
"""

    assert refused(text) == [
        ("unknown-key", "famly"),
        ("missing-key", "famly: x"),
        ("unknown-variable", "b"),
        ("bad-glob", "."),
        ("unknown-initializer", "he_nromal"),
        ("unknown-variable", "d"),
        ("unknown-key", "optonal"),
    ]


@pytest.mark.parametrize("fault", ["vars: {a: 1 +, b: a}", "strip_prefixes: {}", "family: []", "rules: {a: 1}"])
def test_what_could_not_be_read_leaves_a_finding_and_no_crash(fault: str) -> None:
    text = {"family": "family: x", "rules": "rules: []"} | {fault.split(":")[0]: fault}

    assert len(refused("\n".join(text.values()))) == 1


def test_a_reference_is_of_the_recipe_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("family: own\nextends: base\nrules: [{match: x, init: 0}]\n", encoding="utf-8")

    assert load_recipe("base").reference != ()
    assert load_recipe(tmp_path / "own.yaml").reference == ()


def test_a_shipped_recipe_is_found_by_its_name() -> None:
    assert load_recipe("base").family == "base"


@pytest.mark.parametrize("name", library.names())
def test_a_shipped_recipe_loads_names_its_source_and_describes_itself(name: str) -> None:
    recipe = load_recipe(name)

    assert recipe.reference
    assert recipe.description


def test_checking_a_recipe_imports_neither_numpy_nor_mindspore() -> None:
    script = (
        "import sys; from ms_initkit.language.load import load_recipe; load_recipe('gpt2'); "
        "assert not {'numpy', 'numba', 'mindspore'} & set(sys.modules), sorted(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", script], check=True)


def test_of_thousands_of_misspelt_words_all_are_found_and_the_first_are_guessed(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    lines = [f'  - {{match: "a{number}", init: he_nromal}}' for number in range(3000)]
    path.write_text("\n".join(["family: many", "rules:", *lines]), encoding="utf-8")

    with pytest.raises(RecipeError) as caught:
        load_recipe(path)

    helps = [finding.help == "did you mean 'he_normal'?" for finding in caught.value.findings]
    assert len(helps) == 3000
    assert all(helps[:200])
    assert not any(helps[-200:])


@pytest.mark.usefixtures("folder")
def test_of_a_thousand_inherited_rules_the_first_are_listed() -> None:
    rules = "".join(f"  - {{id: r{number}, match: a, init: 0}}\n" for number in range(1000))

    with pytest.raises(RecipeError) as caught:
        load("family: c\nextends: ./base.yaml\nwithout: [x, y]", base=f"family: b\nrules:\n{rules}")

    assert [finding.code for finding in caught.value.findings] == ["unknown-rule"] * 2
    assert {finding.notes[0][-21:] for finding in caught.value.findings} == {"r18, r19 and 980 more"}


@pytest.mark.usefixtures("folder")
def test_expressions_that_are_long_together_are_counted_and_refused() -> None:
    rules = "".join(f'  - {{match: a, init: {{constant: "{"shape[0]+" * 90}1"}}}}\n' for _ in range(1000))

    with pytest.raises(RecipeError) as caught:
        load(f"family: x\nrules:\n{rules}")

    (finding,) = caught.value.findings
    assert finding.code == "too-large"
    assert finding.span is not None
    assert 100 < finding.span.line < 900


@given(st.lists(fragments, max_size=12))
def test_any_shuffle_of_lines_is_a_recipe_or_refused(shuffled: list[str]) -> None:
    survives("\n".join(shuffled).encode())


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 12), st.text("{}[]:,*&'\"-. \n\t#|>0x~é", max_size=4))
def test_any_small_change_of_a_recipe_is_a_recipe_or_refused(at: int, cut: int, insert: str) -> None:
    survives((WHOLE[:at] + insert + WHOLE[at + cut :]).encode())


@given(st.binary(max_size=60))
def test_any_bytes_are_a_recipe_or_refused(content: bytes) -> None:
    survives(content)


def survives(content: bytes) -> None:
    Path("recipe.yaml").write_bytes(content)
    found: RecipeError | None = None
    try:
        load_recipe("recipe.yaml")
    except RecipeError as error:
        found = error

    assert found is None or (found.findings and str(found))


def rules_of(child: str) -> list[tuple[str, str]]:
    return [(rule.id, str(rule.match)) for rule in load(f"family: x\nextends: ./base.yaml\n{child}", base=PARENT).rules]


def test_a_rule_replaces_an_inherited_one_of_its_id() -> None:
    assert rules_of('rules: [{id: two, match: "c.*", init: 4}]') == [
        ("two", "name c.*"),
        ("one", "name a.*"),
        ("3", "name **"),
    ]


def test_a_rule_without_an_id_replaces_none() -> None:
    assert [name for name, _ in rules_of("rules: [{match: a, init: 1}, {match: b, init: 1}, {match: c, init: 1}]")] == [
        "1",
        "2",
        "3",
        "one",
        "two",
        "base/3",
    ]


def test_inherited_rules_can_be_left_out() -> None:
    assert [name for name, _ in rules_of("without: [one, two]")] == ["3"]
    assert [name for name, _ in rules_of("without: one")] == ["two", "3"]


@pytest.mark.parametrize(("child", "help"), [("without: [onw]", "did you mean 'one'?"), ("without: x", None)])
def test_a_rule_that_is_not_inherited_cannot_be_left_out(child: str, help: str | None) -> None:
    with pytest.raises(RecipeError) as caught:
        rules_of(child)

    (finding,) = caught.value.findings
    assert (finding.code, finding.help) == ("unknown-rule", help)


def test_what_a_parent_left_out_is_not_inherited(tmp_path: Path) -> None:
    for name, text in {
        "base": PARENT,
        "mid": "family: mid\nextends: ./base.yaml\nwithout: two\n",
        "leaf": "family: leaf\nextends: ./mid.yaml\nwithout: two\n",
    }.items():
        (tmp_path / f"{name}.yaml").write_text(text)

    assert [rule.id for rule in load_recipe(tmp_path / "mid.yaml").rules] == ["one", "3"]
    with pytest.raises(RecipeError, match="no inherited rule is called 'two'"):
        load_recipe(tmp_path / "leaf.yaml")


@pytest.mark.parametrize("name", ["a\0b.yaml", "\ud800.yaml", "x" * 300 + ".yaml"])
def test_a_parent_that_no_file_could_be_called_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match="unreadable-recipe"):
        load_recipe({"family": "t", "extends": name, "rules": []})
