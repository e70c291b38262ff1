"""Folding, pooling and pairing lose nothing."""

from __future__ import annotations

import numpy as np
import pytest

from tests.reference.records import Record
from tests.truth import laws
from tests.truth.folding import Entry, folded, lengthened, pack, shortened, unfolded, unpack
from tests.truth.heads import relate, restore
from tests.truth.laws import Law
from tests.truth.names import generic, pair


@pytest.mark.parametrize(
    ("indices", "text"),
    [
        ([()], ""),
        ([(0,), (1,), (2,), (5,)], "0-2,5"),
        ([(0, 0), (0, 1), (1, 0), (1, 1)], "0-1 0-1"),
        ([(0, 0), (0, 1), (1, 0)], "0,0;0,1;1,0"),
    ],
)
def test_indices_are_folded_and_come_back(indices: list[tuple[int, ...]], text: str) -> None:
    assert folded(indices) == text
    assert unfolded(text) == indices


def test_names_are_shortened_and_come_back() -> None:
    names = ["a.b.weight", "a.b.bias", "a.c", "d", "d.weight", "d", "a.b.c.d"]

    assert list(shortened(names))[:3] == ["a.b.weight", "^2.bias", "^1.c"]
    assert list(lengthened(shortened(names))) == names


def test_an_index_is_a_whole_part_of_a_name() -> None:
    assert generic("layer.0.conv1.1x1.12") == "layer.{}.conv1.1x1.{}"


def seen(draw: np.random.Generator, std: float, n: int = 20_000) -> Law:
    """Returns the law of ``n`` normal numbers, as the harness sees them."""
    record = Record(draw.normal(0, std, n).astype(np.float32), np.ones(n, np.bool_))
    record.see(record.first)
    for _ in range(2):
        record.see(draw.normal(0, std, n).astype(np.float32))
    return laws.of_record({**record.summary(), "sums": list(record.sums)})


def test_laws_that_agree_are_pooled() -> None:
    generator = np.random.default_rng(1)

    both = laws.pooled(seen(generator, 0.02), seen(generator, 0.02))

    assert both is not None
    assert both["n"] == 120_000
    assert laws.finished(both)["std"] == pytest.approx(0.02, rel=5 / np.sqrt(2 * 120_000))


@pytest.mark.parametrize("other", [0.0215, 0.0185])
def test_laws_that_differ_are_not_pooled(other: float) -> None:
    generator = np.random.default_rng(2)

    assert laws.pooled(seen(generator, 0.02), seen(generator, other)) is None


def test_a_law_comes_back_from_its_row() -> None:
    law = laws.finished(seen(np.random.default_rng(3), 0.02)) | {"fixed": {"count": 4, "rows": [0], "value": 0.0}}

    assert laws.unpacked(laws.packed(law)) == law
    assert laws.differs(law, law) == ""
    assert "fixed" in laws.differs(law, {key: value for key, value in law.items() if key != "fixed"})


def test_a_bound_is_rounded_inwards() -> None:
    law = {"n": 4, "sums": [0.0, 1.0, 0.0, 1.0], "min": -0.123456789, "max": 0.123456789}

    finished = laws.finished(law)

    assert (finished["min"], finished["max"]) == (-0.1234, 0.1234)


def test_names_pair_by_spelling_then_by_end_then_by_law() -> None:
    table = {
        "a.norm.gamma": ("a.norm.weight", (4,), (4,)),
        "a.model.layers.0.q_proj.weight": ("a.layers.0.q_proj.weight", (4, 4), (4, 4)),
        "a.blocks.0.first.weight": ("a.h.0.fc.weight", (8, 4), (8, 4)),
        "a.experts.1.w1.weight": ("a.mlp.experts.gate_up_proj", (2, 3), (2, 4, 3)),
    }
    ours = {name: shape for name, (_, shape, _) in table.items()}
    theirs = {name: shape for name, _, shape in table.values()}

    assert pair(ours, theirs, {}, bool) == {name: other for name, (other, _, _) in table.items()}


def entry(name: str, cell: str, n: int = 8, *, aliases: tuple[str, ...] = ()) -> tuple[str, Entry]:
    """Returns a parameter of ones that the reference draws as zeros."""
    owner = {"cell": [cell], "options": {}}
    alias = tuple((one, owner) for one in aliases)
    return name, Entry((n,), owner, {"constant": 1.0}, {"constant": 0.0}, aliases=alias)


def test_parameters_are_packed_and_come_back() -> None:
    entries = dict(
        [
            entry("layer.0.a.weight", "Dense"),
            entry("layer.1.a.weight", "Dense"),
            entry("layer.2.a.weight", "Dense", 4),
            entry("embedding.0.weight", "Embedding", aliases=("head.1.weight",)),
        ]
    )

    packed = pack(entries)

    assert len(packed["parameters"]) == 3
    assert unpack(packed) == entries


def test_a_class_like_another_comes_back() -> None:
    base = dict([entry("bert.a.weight", "Dense"), entry("bert.b.0.weight", "Dense"), entry("head.weight", "Dense")])
    own = dict([entry("a.weight", "Dense"), entry("b.0.weight", "Norm"), entry("tail.weight", "Dense")])

    related = relate("Base", base, own)

    assert [row[0] for row in related["parameters"]] == ["b.{}.weight", "tail.weight"]
    assert restore(base, related) == own
