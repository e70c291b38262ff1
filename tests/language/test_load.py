from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.findings import RecipeError
from ms_initkit.language import library
from ms_initkit.language.calls import InitSpec
from ms_initkit.language.editing import Add, Multiply, Set, ZeroRows
from ms_initkit.language.load import load_recipe
from ms_initkit.language.recipe import Recipe
from ms_initkit.language.rows import Rows, Stretch
from ms_initkit.language.rules import KeepSpec, Rule
from ms_initkit.language.selector_tests import AxisCount, CellClass, ElementType, Name, Shape, Trainable
from ms_initkit.language.sources import FromSpec
from ms_initkit.language.variables import Count, Extent
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.globs import Glob

WHOLE = """\
family: gpt2
reference: {paper: "Radford et al. 2019", year: 2019}
description: A language model
strip_prefixes: [network., _backbone.]
vars:
  sigma: 2e-2
  n_layers: {count: "**.blocks.{i}.**"}
  width: {extent: {of: "**.wte.weight", axis: 1}}
  act: "relu"
  is_deep: true
  std: sigma / sqrt(2 * n_layers)
rules:
  - id: residual
    match: "**.blocks.{i}.{attn,mlp}.proj.weight"
    init: {normal: {sigma: std / (i + 1)}}
    when: is_deep and act == "relu"
  - id: qkv
    match:
      name: ["**.{i}.qkv.weight", "**.{i}.kv.weight"]
      cell: [Dense, "*Linear"]
      ndim: 2
      shape: [any, 768]
      dtype: float32
      trainable: any
    blocks: {axis: 0, parts: 3}
    fans: {in: "shape[1]", out: "shape[0] / 3"}
    init: {normal: [sigma, 0.0]}
  - match: {param: [gamma, "weight*"], regex: '.*ln_(?P<k>\\d+).*'}
    init: 1
    then:
      - add: k
      - multiply: 0.5
      - set: {at: [0, "-1"], to: 42}
      - zero_rows: [0]
    optional: true
  - match: "**.wpe.weight"
    from: {path: weights.safetensors, key: "wpe"}
  - match: "moving_*"
    init: keep
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(text: str, **parents: str) -> Recipe:
    for name, content in {"recipe": text, **parents}.items():
        Path(f"{name}.yaml").write_text(content, encoding="utf-8")
    return load_recipe("recipe.yaml")


def rule(lines: str, variables: str = "sigma: 0.02") -> Rule:
    (only,) = load(f"family: x\nvars: {{{variables}}}\nrules:\n  - {lines}\n").rules
    return only


def init(text: str) -> InitSpec:
    action = rule(f'{{match: "**", init: {text}}}').action
    assert isinstance(action, InitSpec)
    return action


def refused(text: str, **parents: str) -> list[tuple[str, str]]:
    """Code and underlined text of everything that is wrong."""
    with pytest.raises(RecipeError) as caught:
        load(text, **parents)
    return [(finding.code, finding.span.text() if finding.span else "") for finding in caught.value.findings]


def refused_rule(lines: str) -> list[tuple[str, str]]:
    return refused(f"family: x\nvars: {{sigma: 0.02, act: 'relu'}}\nrules:\n  - {lines}\n")


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


def test_a_selector_has_every_test() -> None:
    selector = load(WHOLE).rules[1].match

    assert selector.find(Name) == Name((Glob("**.{i}.qkv.weight"), Glob("**.{i}.kv.weight")))
    assert selector.find(CellClass) == CellClass(("Dense", "*Linear"))
    assert selector.find(AxisCount) == AxisCount((2,))
    assert selector.find(Shape) == Shape((None, 768))
    assert selector.find(ElementType) == ElementType(("float32",))
    assert selector.find(Trainable) == Trainable("any")


def test_modifiers_are_read() -> None:
    recipe = load(WHOLE)

    blocks, fans = recipe.rules[1].blocks, recipe.rules[1].fans
    assert blocks is not None
    assert (blocks.axis, blocks.parts, blocks.sizes) == (0, Expression("3"), None)
    assert fans is not None
    assert (fans.fan_in, fans.fan_out) == (Expression("shape[1]"), Expression("shape[0] / 3"))
    assert recipe.rules[2].then == (
        Add(Expression("k")),
        Multiply(Expression("0.5")),
        Set((Stretch(Expression("0")), Stretch(Expression("-1"))), Expression("42")),
        ZeroRows(Rows((Stretch(Expression("0")),))),
    )
    assert recipe.rules[2].is_optional


def test_actions_are_read() -> None:
    actions = [rule.action for rule in load(WHOLE).rules]

    assert isinstance(actions[3], FromSpec)
    assert (actions[3].path, actions[3].key) == ("weights.safetensors", "wpe")
    assert isinstance(actions[4], KeepSpec)


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("zeros", "zeros", ()),
        ("XavierNormal", "XavierNormal", ()),
        ("0.5", "constant", (("value", Expression("0.5")),)),
        ("-1", "constant", (("value", Expression("-1")),)),
        ("'1e-3'", "constant", (("value", Expression("1e-3")),)),
        ("{normal: 0.02}", "normal", (("sigma", Expression("0.02")),)),
        ("{normal: sigma / 2}", "normal", (("sigma", Expression("sigma / 2")),)),
        ("{normal: [0.02, 1]}", "normal", (("sigma", Expression("0.02")), ("mean", Expression("1")))),
        ("{normal: {mean: 1, std: 2}}", "normal", (("mean", Expression("1")), ("sigma", Expression("2")))),
        ("{normal: {}}", "normal", ()),
        ("{constant: fan_in * ndim}", "constant", (("value", Expression("fan_in * ndim")),)),
    ],
)
def test_an_initializer_is_asked_for_in_short_or_in_full(text: str, name: str, arguments: object) -> None:
    spec = init(text)

    assert (spec.name, spec.arguments) == (name, arguments)


def test_initializers_nest_as_arguments() -> None:
    spec = init("{mixture: [[0.5, {uniform: {low: 5, high: 10}}], [0.5, zeros]]}")

    ((name, parts),) = spec.arguments
    assert name == "parts"
    assert isinstance(parts, tuple)
    assert [part[0] for part in parts if isinstance(part, tuple)] == [Expression("0.5")] * 2
    assert [part[1].name for part in parts if isinstance(part, tuple) and isinstance(part[1], InitSpec)] == [
        "uniform",
        "zeros",
    ]


@pytest.mark.parametrize("number", ["1e-3", "0.001", "1.0e-3", "1E-3", ".001", "'1e-3'", '"0.001"'])
def test_every_way_of_writing_a_thousandth_is_the_same_constant(number: str) -> None:
    ((_, value),) = init(f"{{normal: {number}}}").arguments

    assert isinstance(value, Expression)
    assert value.evaluate({}) == 0.001


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


@pytest.mark.parametrize(
    ("lines", "code", "at"),
    [
        ('{match: "**"}', "missing-key", '{match: "**"}'),
        ("{init: zeros}", "missing-key", "{init: zeros}"),
        ('{match: "**", init: zeros, from: a.npy}', "conflicting-keys", "a.npy"),
        ("{match: [], init: zeros}", "empty-match", "[]"),
        ("{match: {}, init: zeros}", "empty-match", "{}"),
        ("{match: , init: zeros}", "empty-match", ","),
        ("{match: {i}, init: zeros}", "unquoted-glob", "{i}"),
        ('{match: "**", from: a.npy, fans: shape}', "conflicting-keys", "fans"),
        ('{match: "**", init: sigma}', "unknown-initializer", "sigma"),
        ('{match: "**", init: sigma * 2}', "unknown-initializer", "sigma * 2"),
        ('{match: "**", init: {normal: act}}', "wrong-type", "act"),
        ('{match: "**", init: {normal: -1}}', "bad-argument", "-1"),
        ('{match: "**", init: {uniform: {low: 2, high: 1}}}', "bad-argument", "uniform"),
        ('{match: "**", init: constant}', "missing-argument", "constant"),
        ('{match: "**", init: {constant: {}}}', "missing-argument", "constant"),
        ('{match: "**", init: {normal: {sigma: 1, std: 1}}}', "duplicate-key", "std"),
        ('{match: "**", init: {normal: [1, 2, 3]}}', "unknown-argument", "[1, 2, 3]"),
        ('{match: "**", init: {zeros: 1}}', "unknown-argument", "1"),
        ('{match: "**", init: {zeros: }}', "wrong-type", "zeros"),
        ('{match: "**", init: {normal: 1, zeros: 2}}', "wrong-type", "{normal: 1, zeros: 2}"),
        ('{match: "**", init: [zeros]}', "wrong-type", "[zeros]"),
        ('{match: "**", init: no}', "unknown-initializer", "no"),
        ('{match: "**", init: {normal: no}}', "wrong-type", "no"),
        ('{match: "**", init: {normal: .nan}}', "wrong-type", ".nan"),
        ('{match: "**", init: {normal: "010"}}', "ambiguous-number", '"010"'),
        ('{match: "**", init: {normal: 010}}', "ambiguous-number", "010"),
        ('{match: "**", init: {normal: 1 +}}', "bad-expression", "}"),
        ('{match: "**", init: {normal: 1 / 0}}', "bad-expression", "/"),
        ('{match: "**", init: {normal: i}}', "unknown-variable", "i"),
        ('{match: ["{i}.w", "**"], init: {constant: i}}', "unknown-variable", "i"),
        ('{match: "**.{sigma}.w", init: zeros}', "name-clash", '"**.{sigma}.w"'),
        ('{match: "**.{shape}.w", init: zeros}', "reserved-name", '"**.{shape}.w"'),
        ('{match: "**", init: zeros, when: i > 1}', "unknown-variable", "i"),
        ('{match: "**", init: zeros, when: sigma}', "", ""),
        ('{match: "**", init: zeros, optional: yes}', "wrong-type", "yes"),
        ('{match: "**", init: zeros, optional: "true"}', "wrong-type", '"true"'),
        ('{match: {regex: "a(b"}, init: zeros}', "bad-regex", "("),
        ('{match: {regex: "[[a]"}, init: zeros}', "bad-regex", '"[[a]"'),
        ("{match: {ndim: two}, init: zeros}", "wrong-type", "two"),
        ("{match: {ndim: -1}, init: zeros}", "wrong-type", "-1"),
        ("{match: {dtype: flaot32}, init: zeros}", "unknown-word", "flaot32"),
        ("{match: {trainable: no}, init: zeros}", "wrong-type", "no"),
        ('{match: {cell: "a b"}, init: zeros}', "wrong-type", '"a b"'),
        ('{match: "**", init: zeros, blocks: {axis: 0}}', "missing-key", "{axis: 0}"),
        ('{match: "**", init: zeros, blocks: {axis: 0, parts: 2, sizes: [1]}}', "conflicting-keys", None),
        ('{match: "**", init: zeros, fans: {in: 1, in_axes: [0]}}', "conflicting-keys", None),
        ('{match: "**", init: zeros, fans: {in_axes: [0]}}', "missing-key", None),
        ('{match: "**", init: zeros, fans: {}}', "missing-key", None),
        ('{match: "**", init: zeros, fans: shap}', "unknown-word", "shap"),
        ('{match: "**", init: zeros, then: {add: 1}}', "wrong-type", "{add: 1}"),
        ('{match: "**", init: zeros, then: []}', "wrong-type", "[]"),
        ('{match: "**", init: zeros, then: [{add: 1, multiply: 2}]}', "wrong-type", None),
        ('{match: "**", init: zeros, then: [{set: {at: 0, to: 1}}]}', "wrong-type", "0"),
        ('{match: "**", init: zeros, then: [{set: {at: [0]}}]}', "missing-key", None),
        ('{match: "**.{i}.w", from: {path: a.npy, key: "x.{j}"}}', "unknown-variable", "{j}"),
        ("zeros", "wrong-type", "zeros"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_where_it_is_wrong(lines: str, code: str, at: str | None) -> None:
    if not code:  # whether a number is a condition is known only with its value
        assert rule(lines).when is not None
        return

    ((found, text),) = refused_rule(lines)

    assert found == code
    assert at is None or text == at


@pytest.mark.parametrize(
    ("variables", "code", "at"),
    [
        ("{a: relu}", "unknown-variable", "relu"),
        ("{a: b, b: 1}", "unknown-variable", "b"),
        ("{a: a + 1}", "unknown-variable", "a"),
        ("{a: no}", "wrong-type", "no"),
        ("{a: }", "wrong-type", ""),
        ("{a: [1]}", "wrong-type", "[1]"),
        ("{exp: 1}", "reserved-name", "exp"),
        ("{fan_in: 1}", "reserved-name", "fan_in"),
        ("{a b: 1}", "wrong-type", "a b"),
        ("{a: {count: '**.w'}}", "bad-glob", "'**.w'"),
        ("{a: {count: '{i}.{j}'}}", "bad-glob", "'{i}.{j}'"),
        ("{a: {extent: {of: '**'}}}", "missing-key", "{of: '**'}"),
        ("{a: {}}", "wrong-type", "{}"),
        ("{a: {cuont: '{i}'}}", "unknown-key", "cuont"),
        ("{a: fan_in}", "unknown-variable", "fan_in"),
        ("[1]", "wrong-type", "[1]"),
    ],
)
def test_a_variable_that_cannot_be_is_refused_where_it_is_wrong(variables: str, code: str, at: str) -> None:
    ((found, text),) = refused(f"family: x\nvars: {variables}\nrules: []\n")

    assert found == code
    assert text.startswith(at)


def test_a_variable_in_quotes_is_text_if_it_is_a_word_and_arithmetic_if_not() -> None:
    recipe = load('family: x\nvars: {a: "pre-norm", b: "2 * 3", c: "1e-3"}\nrules: []\n')

    assert [variable.value for variable in recipe.variables] == ["pre-norm", Expression("2 * 3"), Expression("1e-3")]


def test_a_bad_variable_is_not_held_against_those_who_use_it() -> None:
    text = 'family: x\nvars: {a: 1 +}\nrules: [{match: "**", init: {normal: a}}]\n'

    assert refused(text) == [("bad-expression", "}")]


def test_a_bad_match_is_not_held_against_the_captures_of_its_rule() -> None:
    assert refused_rule('{match: "a..{i}", init: {normal: i}}') == [("bad-glob", ".")]


def test_the_rules_of_a_child_stand_before_its_parents() -> None:
    parent = 'family: base\nvars: {s: 1, t: s * 2}\nrules: [{id: all, match: "**", init: {normal: t}}]\n'
    child = "family: x\nextends: ./base.yaml\nvars: {w: 4, s: w}\nrules: [{id: mine, match: a, init: {normal: s}}]\n"

    recipe = load(child, base=parent)

    assert [rule.id for rule in recipe.rules] == ["mine", "all"]
    assert [rule.span.path for rule in recipe.rules] == ["recipe.yaml", "base.yaml"]
    assert [variable.name for variable in recipe.variables] == ["w", "s", "t"]


def test_a_recipe_may_consist_of_variables_over_its_parent() -> None:
    parent = 'family: base\nvars: {s: 1}\nrules: [{match: "**", init: {normal: s}}]\n'

    recipe = load("family: x\nextends: ./base.yaml\nvars: {s: 2}\n", base=parent)

    assert recipe.variables[0].value == Expression("2")
    assert len(recipe.rules) == 1


def test_the_findings_of_a_parent_follow_its_childs() -> None:
    assert refused("family: x\nextends: ./base.yaml\nrules: 1\n", base="famly: x\nrules: []\n") == [
        ("wrong-type", "1"),
        ("unknown-key", "famly"),
        ("missing-key", "famly: x"),
    ]


def test_a_parent_that_cannot_be_read_is_not_held_against_the_names_of_its_child() -> None:
    child = 'family: x\nextends: ./base.yaml\nrules: [{match: "**", init: {normal: s}}]\n'

    assert [code for code, _ in refused(child, base="a: [")] == ["bad-yaml"]


@pytest.mark.parametrize(
    ("child", "parent", "code"),
    [
        ("extends: ./recipe.yaml", "", "cyclic-extends"),
        ("extends: ./base.yaml", "extends: ./recipe.yaml", "cyclic-extends"),
        ("extends: ./bsae.yaml", "", "unknown-recipe"),
        ("extends: bsae", "", "unknown-recipe"),
        ("extends: ./", "", "unreadable-recipe"),
        ("extends: ./base.yaml\nvars: {s: 'text'}", "vars: {s: 1}", "wrong-type"),
        ("extends: ./base.yaml\nvars: {a: b}", "vars: {a: 1, b: a}", "cyclic-variables"),
        ("extends: ./base.yaml\nvars: {i: 1}", 'rules: [{match: "{i}.w", init: zeros}]', "name-clash"),
    ],
)
def test_what_a_child_cannot_make_of_its_parent_is_refused(child: str, parent: str, code: str) -> None:
    base = f"family: base\n{parent}\n" + ("" if "rules" in parent else "rules: []\n")

    ((found, _),) = refused(f"family: x\n{child}\n", base=base)

    assert found == code


@pytest.mark.parametrize("fault", ["vars: {a: 1 +, b: a}", "strip_prefixes: {}", "family: []", "rules: {a: 1}"])
def test_what_could_not_be_read_leaves_a_finding_and_no_crash(fault: str) -> None:
    text = {"family": "family: x", "rules": "rules: []"} | {fault.split(":")[0]: fault}

    assert len(refused("\n".join(text.values()))) == 1


def test_an_id_given_twice_is_refused() -> None:
    text = "family: x\nrules: [{id: a, match: a, init: zeros}, {id: a, match: b, init: zeros}]\n"

    assert refused(text) == [("duplicate-id", "a")]


def test_the_digest_is_that_of_every_file() -> None:
    parent = "family: base\nrules: []\n"
    child = "family: x\nextends: ./base.yaml\n"

    first = load(child, base=parent).digest

    assert first == load(child, base=parent).digest
    assert first != load(child, base=parent + "# changed\n").digest
    assert len(first) == 32


def test_a_shipped_recipe_is_found_by_its_name() -> None:
    assert load_recipe("base").family == "base"


@pytest.mark.parametrize("name", library.names())
def test_a_shipped_recipe_loads_names_its_source_and_describes_itself(name: str) -> None:
    recipe = load_recipe(name)

    assert recipe.reference
    assert recipe.description


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe("resent")

    assert caught.value.findings[0].help == "did you mean 'resnet'?"


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


def test_equal_ids_by_the_thousand_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    lines = ['  - {id: a, match: "a", init: 0}'] * 2000
    path.write_text("\n".join([f"family: {'f' * 100_000}", "rules:", *lines]), encoding="utf-8")

    with pytest.raises(RecipeError) as caught:
        load_recipe(path)

    assert {finding.code for finding in caught.value.findings} == {"duplicate-id"}


lines = WHOLE.splitlines()
fragments = st.sampled_from(
    [*lines, "", "  - ", "rules:", "extends: recipe.yaml", "vars: [", "init: {normal: {sigma: }}", "match: *a.b", "\t"]
)


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


@pytest.mark.parametrize("extends", ["[base, resnet]", "{a: b}"])
def test_one_parent_is_named_as_text(tmp_path: Path, extends: str) -> None:
    path = tmp_path / "child.yaml"
    path.write_text(f"family: child\nextends: {extends}\n")

    with pytest.raises(RecipeError) as caught:
        load_recipe(path)

    assert [finding.code for finding in caught.value.findings] == ["wrong-type"]


def test_a_misspelt_parent_is_not_held_against_its_variables(tmp_path: Path) -> None:
    path = tmp_path / "child.yaml"
    path.write_text("family: child\nextends: bse\nvars: {a: embedding_std * 2}\n")

    with pytest.raises(RecipeError) as caught:
        load_recipe(path)

    assert [finding.code for finding in caught.value.findings] == ["unknown-recipe"]


PARENT = """\
family: base
rules:
  - {id: one, match: "a.*", init: 1}
  - {id: two, match: "b.*", init: 2}
  - {match: "**", init: 3}
"""


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
