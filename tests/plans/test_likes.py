from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mindspore import nn
from safetensors.numpy import load_file, save_file

import ms_initkit as mik
from ms_initkit.findings import PlanError, RecipeError
from ms_initkit.plans.bind import bind
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.plan import plan_infos
from tests.recipes import info, recipe

TOWERS = [
    {"id": "target", "match": "target.{rest:**}", "like": "online.{rest}"},
    {"id": "drawn", "match": "**.weight", "init": {"normal": 0.5}},
    {"id": "biases", "match": "**.bias", "init": {"uniform": 0.5}},
]


class Towers(nn.Cell):
    """A network with a momentum copy, which is not trained."""

    def __init__(self) -> None:
        super().__init__()
        self.target = nn.SequentialCell(nn.Dense(8, 8), nn.Dense(8, 8))
        self.online = nn.SequentialCell(nn.Dense(8, 8), nn.Dense(8, 8))
        for parameter in self.target.get_parameters():
            parameter.requires_grad = False


def test_a_momentum_copy_starts_as_its_network() -> None:
    net = Towers()

    report = mik.apply(net, TOWERS, seed=1)

    held = {name: parameter.asnumpy() for name, parameter in net.parameters_and_names()}
    for n in range(2):
        assert np.array_equal(held[f"target.{n}.weight"], held[f"online.{n}.weight"])
        assert np.array_equal(held[f"target.{n}.bias"], held[f"online.{n}.bias"])
    assert not np.array_equal(held["online.0.weight"], held["online.1.weight"])
    line = report.plan["target.0.weight"]
    assert line.initializer == "like online.0.weight: normal(sigma=0.5)"
    assert mik.verify(net, report.plan, seed=1) == ()
    assert mik.verify(net, report.plan) == ()
    assert Plan.from_json(report.plan.to_json()) == report.plan
    assert np.array_equal(
        mik.draw(report.plan, "target.1.weight", seed=1, index=(slice(2, 5),)), held["online.1.weight"][2:5]
    )


def test_steps_follow_and_chains_are_followed_in_any_order() -> None:
    net = nn.SequentialCell(*[nn.Dense(4, 4, has_bias=False) for _ in range(3)])

    mik.apply(
        net,
        [
            {"match": "0.weight", "like": "1.weight", "then": [{"multiply": 2}]},
            {"match": "1.weight", "like": "2.weight", "then": [{"add": 1}, {"zero_rows": [0]}]},
            {"match": "2.weight", "init": {"normal": 1}},
        ],
        seed=3,
    )

    zero, one, two = (net[n].weight.asnumpy() for n in range(3))
    assert np.array_equal(one[1:], two[1:] + np.float32(1))
    assert (one[0] == 0).all()
    assert np.array_equal(zero, one * np.float32(2))


def test_values_of_a_file_are_taken_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_file({"1.weight": np.full((4, 4), 7, np.float32)}, "a.safetensors")
    net = nn.SequentialCell(*[nn.Dense(4, 4, has_bias=False) for _ in range(2)])

    mik.apply(net, [{"match": "0.weight", "like": "1.weight"}, {"match": "1.weight", "from": "a.safetensors"}])

    assert (net[0].weight.asnumpy() == 7).all()


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("{match: t, like: oo}\n{match: '**', init: 1}", "no parameter is called 'oo': did you mean 'o'?"),
        (
            "{match: t, like: v, then: [{multiply: 2}]}\n{match: '**', init: 1}",
            "'v' is (4,) float32, not (4, 4) float32",
        ),
        ("{match: v, like: o, then: [{norm: {axis: 2}}]}\n{match: '**', init: 1}", "shape (4, 4) has no axis 2"),
        ("{match: v, like: o, then: [norm]}\n{match: '**', init: 1}", "`then` makes values of shape (), and the"),
        ("{match: t, init: 1, then: [norm]}\n{match: '**', init: 1}", "`then` makes values of shape (), and the"),
        ("{match: n, init: keep, then: [{add: 1}]}\n{match: '**', init: 1}", "a parameter of int32 takes none"),
        ("{match: t, like: o2}\n{match: '**', init: 1}", "'o2' is (2, 2) float32, not (4, 4) float32"),
        ("{match: t, like: h}\n{match: '**', init: 1}", "'h' is (4, 4) float16, not (4, 4) float32"),
    ],
)
def test_what_cannot_be_taken_is_a_finding(rules: str, said: str) -> None:
    infos = [info("o"), info("t"), info("o2", (2, 2)), info("h", dtype="float16"), info("v", (4,))]
    infos.append(info("n", dtype="int32"))

    with pytest.raises(PlanError) as caught:
        bind(recipe(rules), infos, strict=True)

    assert said in str(caught.value)


def test_a_circle_is_one_finding() -> None:
    rules = "{match: a, like: b}\n{match: b, like: c}\n{match: c, like: b}\n{match: d, like: d}"

    with pytest.raises(PlanError) as caught:
        bind(recipe(rules), [info(name) for name in "abcd"], strict=True)

    assert [(finding.code, finding.message, finding.notes) for finding in caught.value.findings] == [
        ("cyclic-values", "the values of 'b' come from themselves", ("by way of 'c', 'b'",)),
        ("cyclic-values", "the values of 'd' come from themselves", ("by way of 'd'",)),
    ]


def test_a_long_chain_is_followed() -> None:
    copies = "{match: 'a.{i}', where: i > 0, like: 'b.{i}'}\n{match: 'b.{i}', like: 'a.0'}\n"
    rules = copies + "{match: '**', init: {normal: 1}}"
    infos = [info(f"{letter}.{n}", (2, 2)) for letter in "ab" for n in range(2000)]

    plan = bind(recipe(rules), infos, strict=True)

    assert {line.stream for line in plan.assignments} == {"a.0"}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{match: a, like: b, init: zeros}", "conflicting-keys"),
        ("{match: a, like: b, fans: connections}", "conflicting-keys"),
        ("{match: 'a.{i}', like: 'b.{j}'}", "unknown-variable"),
        ("{match: a, like: [b]}", "wrong-type"),
    ],
)
def test_a_copy_that_is_written_wrongly_is_refused(rule: str, code: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(rule)

    assert [finding.code for finding in caught.value.findings] == [code]


def test_copies_are_materialized(tmp_path: Path) -> None:
    infos = [info(f"{tower}.weight", (8, 8)) for tower in ("target", "online")]
    plan = plan_infos(infos, [{"match": "target.*", "like": "online.weight"}, ("**", {"normal": 1})])

    mik.materialize(plan, tmp_path / "out", seed=3)

    files = (tmp_path / "out").glob("*.safetensors")
    held = {name: values for file in files for name, values in load_file(file).items()}
    assert np.array_equal(held["target.weight"], held["online.weight"])


def test_copies_are_attached_to_deferred_parameters() -> None:
    with mik.deferred():
        net = nn.SequentialCell(nn.Dense(8, 8, has_bias=False), nn.Dense(8, 8, has_bias=False))

    mik.attach(net, mik.plan(net, [{"match": "0.weight", "like": "1.weight"}, ("**", {"normal": 1})]), seed=3)
    net.init_parameters_data()

    assert np.array_equal(net[0].weight.asnumpy(), net[1].weight.asnumpy())


def test_copies_are_cut_as_what_they_copy() -> None:
    class Towers(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Dense(8, 4, has_bias=False), nn.Dense(8, 4, has_bias=False)

    layout = mik.layouts.layout({"tp": 2}, [mik.layouts.place("**.weight", mik.layouts.split(0, over="tp"))])
    held = []
    for rank in range(2):
        net = Towers()
        rules = [{"match": "a.weight", "like": "b.weight"}, ("**", {"normal": 1})]
        mik.apply(net, rules, seed=3, layout=layout.at(rank))
        assert np.array_equal(net.a.weight.asnumpy(), net.b.weight.asnumpy())
        held.append(net.a.weight.asnumpy())
    assert not np.array_equal(*held)


def test_a_chain_of_copies_is_told_in_a_few_words() -> None:
    """Each line told of its source's, which told of its own: 7,000 of them took 1.6 GB."""
    rules = "\n".join(f"{{match: a{n}.weight, like: a{n + 1}.weight}}" for n in range(300))
    loaded = recipe(rules + "\n{match: '**', init: ones}")

    plan = bind(loaded, [info(f"a{n}.weight") for n in range(301)], strict=True)

    assert plan["a299.weight"].initializer == "like a300.weight: ones"
    assert plan["a0.weight"].stream == "a300.weight"
    assert max(len(line.initializer) for line in plan.assignments) < 400


def test_a_long_circle_is_told_in_a_few_words() -> None:
    loaded = recipe("\n".join(f"{{match: a{n}.weight, like: a{(n + 1) % 500}.weight}}" for n in range(500)))

    with pytest.raises(PlanError) as caught:
        bind(loaded, [info(f"a{n}.weight") for n in range(500)], strict=True)

    (finding,) = caught.value.findings
    assert finding.code == "cyclic-values"
    assert finding.notes[0].startswith("by way of 'a1.weight', ")
    assert finding.notes[0].endswith(", 480 more, 'a0.weight'")


def test_what_is_made_of_what_is_made_of_others_has_an_end() -> None:
    """A thousand steps within each other are no draw that anything could walk through."""
    rules = "\n".join(f"{{match: a{n}.weight, like: a{n + 1}.weight, then: [{{multiply: 2}}]}}" for n in range(999))
    loaded = recipe(rules + "\n{match: '**', init: ones}")

    with pytest.raises(PlanError, match="and these of others again, more than 24 times"):
        bind(loaded, [info(f"a{n}.weight") for n in range(1000)], strict=True)

    few = bind(loaded, [info(f"a{n}.weight") for n in range(980, 1000)], strict=False)
    assert few["a980.weight"].moments.mean == 2.0**19


def test_of_very_many_names_those_of_the_same_layer_are_guessed() -> None:
    infos = [info(f"layers.{n}.attn.weight") for n in range(3000)]
    loaded = recipe("{match: layers.7.attn.weight, like: layers.2999.atn.weight}\n{match: '**', init: ones}")

    with pytest.raises(PlanError, match=r"did you mean 'layers\.2999\.attn\.weight'"):
        bind(loaded, infos, strict=True)
