"""Files of a model: their names, headers and places."""

from __future__ import annotations

import json
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from safetensors import safe_open

import ms_initkit as mik
from ms_initkit import draws, stream
from ms_initkit.draws.dtypes import storage
from ms_initkit.draws.moments import moments
from ms_initkit.files import chunks
from ms_initkit.files.safetensors import read_header
from ms_initkit.findings import ApplyError
from ms_initkit.formulas.fans import Fans
from ms_initkit.networks.manifest import read_shapes
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.plan import Plan
from ms_initkit.stages import shard_writing
from ms_initkit.stages.plan import plan_infos
from ms_initkit.stages.shard_writing import is_whole
from ms_initkit.stages.shards import arrange, index_text
from tests.stages.materialized import read, words

pytestmark = pytest.mark.usefixtures("demo_folder")

LINES = st.lists(
    st.tuples(
        st.lists(st.integers(1, 40), max_size=3).map(tuple),
        st.sampled_from(["float32", "float16", "bfloat16", "float64"]),
        st.sampled_from(
            [
                draws.Normal(0.0, 1.0),
                draws.Constant(3.0),
                draws.Edited(draws.Normal(0.0, 1.0), (draws.Step("add", 1.0),)),
                draws.Mixture((0.5, 0.5), (draws.Constant(0.0), draws.Uniform(0.0, 1.0))),
            ]
        ),
    ),
    min_size=1,
    max_size=6,
)


def test_files_are_named_as_hugging_face_does_and_indexed(demo: Plan) -> None:
    done = mik.materialize(demo, "out", seed=7, shard_size=10_000)

    assert done.written == tuple(f"model-0000{n}-of-00005.safetensors" for n in range(1, 6))
    index = json.loads(Path("out/model.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == sum(line.size * storage(line.dtype).itemsize for line in demo.assignments)
    assert index["weight_map"]["embedding.weight"] == "model-00001-of-00005.safetensors"
    assert Path("out/param_name_map.json").read_text() == index_text(arrange(demo, 10_000))


def test_the_header_says_what_the_file_is_made_of(demo: Plan) -> None:
    mik.materialize(demo, "out", seed=7)

    with safe_open("out/model-00001-of-00001.safetensors", "np") as file:  # type: ignore[no-untyped-call]
        metadata = file.metadata()
    assert metadata["format"] == "pt"
    assert metadata["ms_initkit.seed"] == "7"
    assert metadata["ms_initkit.plan"] == demo.fingerprint
    assert metadata["ms_initkit.stream_version"] == str(stream.VERSION)


def test_a_name_that_the_format_keeps_for_itself_is_refused() -> None:
    Path("shapes.json").write_text(
        json.dumps({"parameters": [{"name": "__metadata__", "shape": [2], "dtype": "float32"}]})
    )

    with pytest.raises(ApplyError, match=r"ambiguous-name.*'__metadata__'"):
        mik.materialize(plan_infos(read_shapes("shapes.json"), {"**": 0}), "out", seed=7)
    assert not Path("out").exists()


@given(LINES, st.integers(50, 30_000))
def test_any_model_in_files_of_any_size(lines: list[tuple[tuple[int, ...], str, draws.Draw]], shard_size: int) -> None:
    import tempfile

    assignments = tuple(
        Assignment(f"p{n}", (), f"p{n}", shape, dtype, "r", "i", draw, Fans(1, 1), moments(draw, shape), ("r",))
        for n, (shape, dtype, draw) in enumerate(lines)
    )
    plan = Plan("any", "any", "", (), (), assignments)
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK", 4096)
        patch.setattr(shard_writing, "CHUNK", 4096)
        folder = Path(place)
        shards = arrange(plan, shard_size)

        done = mik.materialize(plan, folder, seed=2, shard_size=shard_size)

        assert done.is_complete
        assert all(is_whole(folder / shard.file, shard) for shard in shards)
        assert all(shard.size <= shard_size or len(shard.lines) == 1 for shard in shards)
        for name, values in read(folder).items():
            np.testing.assert_array_equal(values, words(plan, name, 2), strict=True)


@pytest.mark.usefixtures("small_chunks")
def test_every_value_is_aligned_after_an_odd_number_of_narrow_ones() -> None:
    parameters = [
        {"name": "narrow", "shape": [1001], "dtype": "bfloat16"},
        {"name": "wide", "shape": [5000], "dtype": "float64"},
        {"name": "middle", "shape": [3001], "dtype": "float32"},
    ]
    Path("mixed.json").write_text(json.dumps({"parameters": parameters}))
    plan = plan_infos(read_shapes("mixed.json"), "demo.yaml", strict=False)

    mik.materialize(plan, "out", seed=7)

    header = read_header("out/model-00001-of-00001.safetensors")
    assert [(tensor.name, (header.length + tensor.start) % 8) for tensor in header.tensors] == [
        ("wide", 0),
        ("middle", 0),
        ("narrow", 4),
    ]
    for name, values in read(Path("out")).items():
        np.testing.assert_array_equal(values, words(plan, name, 7))
