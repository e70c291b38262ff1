"""No wrong value in silence: what does not fit its parameter is found from the plan, before anything is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mindspore
import numpy as np
import pytest
from numpy.typing import NDArray

import ms_initkit as mik
from ms_initkit import draws
from ms_initkit import initializers as init
from ms_initkit.draws.dtypes import storage
from ms_initkit.files import checkpoints
from ms_initkit.plans.check import refusal
from tests.plans.one import One, rules


def refused(net: One, w: str) -> str:
    """Returns what is said of ``w``; nothing may have been written."""
    with pytest.raises(mik.InitKitError) as raised:  # what no type holds is told when the recipe is read
        mik.apply(net, rules(w), seed=1)
    assert net.first.asnumpy().tolist() == [7.0] * 3
    return str(raised.value)


def written(net: One, w: str) -> NDArray[Any]:
    mik.apply(net, rules(w), seed=1)
    plan = mik.plan(net, rules(w))
    assert mik.verify(net, plan, seed=1) == ()
    assert plan["w"].draw.is_random or mik.verify(net, plan) == ()
    if net.w.dtype == mindspore.bfloat16:
        return net.w.float().asnumpy()  # type: ignore[no-any-return]
    return net.w.asnumpy()  # type: ignore[no-any-return]


def stored(folder: Path, values: object, kind: str) -> str:
    array = np.resize(np.array(values, kind), (4, 6))
    np.save(folder / "v.npy", array)
    return f'from: {{path: "{folder}/v.npy", key: v}}'


@pytest.mark.parametrize(
    ("dtype", "kind", "values", "code"),
    [
        ("int32", "f4", [0.5, 1.7, -2.2], "unusable-initializer"),
        ("int32", "f8", [1.0, 2.0], "unusable-initializer"),
        ("bool", "f4", [0.0, 1.0], "unusable-initializer"),
        ("uint8", "f2", [3.0], "unusable-initializer"),
        ("int32", "f4", [np.nan], "unusable-initializer"),
        ("int64", "f8", [np.inf], "unusable-initializer"),
        ("float16", "f4", [1.0, 70000.0], "out-of-range"),
        ("float16", "f8", [-65520.0], "out-of-range"),
        ("float16", "i4", [1 << 17], "out-of-range"),
        ("bfloat16", "f8", [1e39], "out-of-range"),
        ("bfloat16", "f4", [3.3999e38], "out-of-range"),
        ("float32", "f8", [1.0, -1e39], "out-of-range"),
        ("int8", "i4", [3, 300], "out-of-range"),
        ("int8", "i2", [-129], "out-of-range"),
        ("uint8", "i1", [-1], "out-of-range"),
        ("bool", "i4", [0, 2], "out-of-range"),
        ("int64", "u8", [2**63], "out-of-range"),
        ("uint64", "i8", [5, -1], "out-of-range"),
        ("int32", "i8", [2**31], "out-of-range"),
        ("float32", "f4", [1.0, np.nan], "not-finite"),
        ("float16", "f4", [np.inf], "not-finite"),
        ("bfloat16", "f8", [-np.inf], "not-finite"),
        ("float64", "f8", [np.nan], "not-finite"),
        ("float32", "c8", [1j], "unusable-initializer"),
        ("float64", "c16", [1.0], "unusable-initializer"),
        ("int32", "c8", [1.0], "unusable-initializer"),
    ],
)
def test_values_of_files_that_do_not_fit_are_refused(
    tmp_path: Path, dtype: str, kind: str, values: list[float], code: str
) -> None:
    assert f"error[{code}]" in refused(One(dtype), stored(tmp_path, values, kind))


@pytest.mark.parametrize(
    ("dtype", "kind", "values"),
    [
        ("float64", "f8", [0.1, 1e300, 5e-324, -1 / 3]),
        ("float64", "i8", [2**53, -3]),
        ("float32", "f8", [0.1, 1e-40, 3.4e38]),
        ("float16", "f8", [65519.99, 1e-7]),
        ("int64", "i8", [2**53 + 1, -(2**63), 2**63 - 1]),
        ("uint64", "u8", [2**64 - 1, 2**63 + 1, 0]),
        ("int8", "i8", [-128, 127]),
        ("int32", "u4", [2**31 - 1]),
        ("bool", "i4", [0, 1]),
        ("int16", "?", [True, False]),
        ("float32", "?", [True, False]),
        ("float32", "i8", [2**24 + 1]),
    ],
)
def test_values_of_files_that_fit_are_exact_or_rounded_once(
    tmp_path: Path, dtype: str, kind: str, values: list[float]
) -> None:
    source = np.resize(np.array(values, kind), (4, 6))
    with np.errstate(over="ignore"):
        expected = source.astype(storage(dtype))
    np.testing.assert_array_equal(written(One(dtype), stored(tmp_path, values, kind)), expected)


def test_bfloat16_is_rounded_once_from_float64(tmp_path: Path) -> None:
    # Rounded to float32 first it would be a tie, and go to the even one: 1.0.
    found = written(One("bfloat16"), stored(tmp_path, [1.0 + 2.0**-8 + 2.0**-40], "f8"))
    assert set(found.reshape(-1).tolist()) == {1.0 + 2.0**-7}


@pytest.mark.parametrize("value", [0.1, 1e39, 1e300, 5e-324, -1 / 3, 16777217])
def test_constants_are_exact_in_float64(value: float) -> None:
    assert set(written(One("float64"), f"init: {value!r}").reshape(-1).tolist()) == {value}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_zero_and_minus_zero_are_two_constants(dtype: str) -> None:
    for zero, sign in (("0.0", False), ("-0.0", True), ("0.0", False)):
        assert set(np.signbit(written(One(dtype), f"init: {zero}")).reshape(-1).tolist()) == {sign}


@pytest.mark.parametrize("init", ["{linspace: {start: 0, stop: 1}}", "{arange: {start: 16777217}}"])
def test_tables_have_float64s_digits(init: str) -> None:
    found = written(One("float64", (11,)), f"init: {init}")
    expected = np.linspace(0, 1, 11) if "linspace" in init else np.arange(16777217, 16777228)
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_linear_algebra_is_float64_in_float64() -> None:
    found = written(One("float64", (24, 24)), "init: orthogonal")
    np.testing.assert_allclose(found @ found.T, np.eye(24), atol=1e-14)


def test_random_numbers_are_float32s_in_float64() -> None:
    wide, plain = One("float64"), One("float32")
    np.testing.assert_array_equal(written(wide, "init: {normal: 0.02}"), written(plain, "init: {normal: 0.02}"))


def test_what_follows_a_random_number_is_float64_in_float64() -> None:
    found = written(One("float64"), "init: {normal: 1}, then: [{multiply: 0.1}, {add: 1e-12}]")
    plain = written(One("float32"), "init: {normal: 1}")
    np.testing.assert_array_equal(found, plain.astype(np.float64) * 0.1 + 1e-12)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int64", 9007199254740993),
        ("int64", -9007199254740993),
        ("int64", 2**63 - 1),
        ("int64", -(2**63)),
        ("uint64", 2**63),
        ("uint64", 2**64 - 1),
        ("uint32", 2**32 - 1),
        ("int32", 16777217),
    ],
)
def test_whole_constants_are_exact(dtype: str, value: int) -> None:
    assert set(written(One(dtype), f"init: {value}").reshape(-1).tolist()) == {value}
    plan = mik.plan(One(dtype), rules(f"init: {value}"))
    assert mik.Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    ("dtype", "value"), [("int64", 2**63), ("uint64", -1), ("int8", 128), ("bool", 2), ("uint8", 256)]
)
def test_whole_constants_that_do_not_fit_are_refused(dtype: str, value: int) -> None:
    assert "error[out-of-range]" in refused(One(dtype), f"init: {value}")


@pytest.mark.parametrize(
    ("made", "dtype", "expected"),
    [
        (init.Constant(16777217), mindspore.int32, [16777217] * 3),
        (init.Constant(2**53 + 1), mindspore.int64, [2**53 + 1] * 3),
        (init.Arange(start=2**24 + 1), mindspore.int32, [2**24 + 1, 2**24 + 2, 2**24 + 3]),
        (init.Arange(start=2**40 + 1), mindspore.int64, [2**40 + 1, 2**40 + 2, 2**40 + 3]),
        (init.Constant(0.1), mindspore.float64, [0.1] * 3),
        (init.Linspace(0, 0.1), mindspore.float64, [0.0, 0.05, 0.1]),
    ],
)
def test_initializers_are_exact_in_python(made: object, dtype: object, expected: list[float]) -> None:
    from mindspore.common.initializer import initializer

    assert initializer(made, (3,), dtype).init_data().asnumpy().tolist() == expected


@pytest.mark.parametrize("made", [init.Constant(300), init.Constant(-129), init.Arange(start=126), init.Constant(0.5)])
def test_initializers_refuse_what_an_integer_cannot_hold(made: object) -> None:
    from mindspore.common.initializer import initializer

    with pytest.raises(TypeError, match="cannot hold"):
        initializer(made, (3,), mindspore.int8).init_data()


@pytest.mark.parametrize(
    ("made", "dtype", "said"),
    [
        (init.Constant(1e39), "float32", "float32 ends at 3.40282e+38"),
        (init.Constant(-70000), "float16", "float16 ends at 65504"),
        (init.Constant(3.3999e38), "bfloat16", "bfloat16 ends at 3.38953e+38"),
        (init.Constant(1e-46), "float32", "would be written as 0"),
        (init.Normal(20000), "float16", "float16 ends at 65504"),
        (init.Normal(1e-9), "float16", "would all be written as 0"),
        (init.Normal(1, mean=1e9), "float32", "would all be one number"),
        (init.Arange(step=1e38), "float32", "float32 ends at 3.40282e+38"),
        (init.Orthogonal(gain=1e5), "float16", "float16 ends at 65504"),
        (init.Uniform(low=-3e38, high=3e38), "float32", "6e+38 does not fit float32"),
    ],
)
def test_initializers_refuse_in_python_what_a_float_cannot_hold(made: object, dtype: str, said: str) -> None:
    from mindspore.common.initializer import initializer

    with pytest.raises(ValueError, match=f"^{type(made).__name__}: ") as raised:
        initializer(made, (4, 8), getattr(mindspore, dtype)).init_data()

    assert said in str(raised.value)


@pytest.mark.parametrize("init", ["0.5", "zeros", "{normal: 1}", "orthogonal", "{arange: {}}"])
def test_complex_parameters_are_not_written(init: str) -> None:
    assert "error[unusable-initializer]" in refused(One("complex64"), f"init: {init}")


def test_complex_parameters_are_not_written_from_files(tmp_path: Path) -> None:
    assert "error[unusable-initializer]" in refused(One("complex64"), stored(tmp_path, [1j], "c8"))


def test_complex_parameters_can_be_kept() -> None:
    assert written(One("complex64"), "init: keep").reshape(-1)[0] == 1 + 2j


@pytest.mark.parametrize(
    "then", ["[{add: 1}]", "[{multiply: 2}]", "[{zero_rows: [0]}]", "[{set: {at: [0, 0], to: 1}}]"]
)
def test_edits_of_whole_numbers_are_refused(tmp_path: Path, then: str) -> None:
    assert "error[unusable-initializer]" in refused(One("int32"), stored(tmp_path, [1], "i4") + f", then: {then}")
    assert "error[unusable-initializer]" in refused(One("int32"), f"init: 3, then: {then}")


@pytest.mark.parametrize(
    ("dtype", "w"),
    [
        ("float32", "init: {normal: 1}, then: [{multiply: 1e39}, {multiply: 1e-39}]"),
        ("float32", "init: {normal: 1}, then: [{multiply: 1e38}, {multiply: 1e-38}]"),
        ("float32", "init: {constant: 1e300}, then: [{multiply: 0}]"),
        ("float32", "init: ones, then: [{add: 1e39}, {add: -1e39}]"),
        ("float32", "init: {constant: 3e38}, then: [{add: 3e38}, {add: -3e38}]"),
        ("float16", "init: {normal: 1}, then: [{multiply: 1e20}, {multiply: 1e30}]"),
        ("float32", "init: zeros, then: [{set: {at: [0, 0], to: 1e39}}]"),
        ("float32", "init: {log_uniform: {low: 1e-300, high: 1}}"),
        ("float32", "init: {log_uniform: {low: 1e-46, high: 1}}"),
        ("float32", "init: {uniform: {low: -3e38, high: 3e38}}"),
        ("float64", "init: {uniform: {low: -3e38, high: 3e38}}"),
        ("float64", "init: {normal: 1e39}"),
        ("float32", "init: {normal: 1e39}"),
        ("float32", "init: {normal: 1e300}"),
        ("float32", "init: {normal: 1e200}"),
        ("float32", "init: {normal: 1e-50}"),
        ("float32", "init: {constant: 1e-50}"),
        ("float16", "init: {constant: 1e-8}"),
        ("float16", "init: {normal: 1e-9}"),
        ("float16", "init: {constant: 1e6}"),
        ("float16", "init: {normal: 20000}"),
        ("float32", "init: {truncated_normal: {sigma: 1e38, a: -9, b: 9, bounds: sigmas}}"),
        ("float16", "init: {arange: {start: 65500, step: 10}}"),
        ("float32", "init: {orthogonal: {gain: 1e39}}"),
        ("float32", "init: {he_normal: {negative_slope: 1e300}}"),
        ("float64", "init: {uniform: {low: -1e-60, high: 1e-50}}"),
        ("float64", "init: {trunc_normal: {sigma: 1, a: 1e-60, b: 1e-50}}"),
        ("float32", "init: {constant: 1e-30}, then: [{multiply: 1e-30}, {multiply: 1e30}, {multiply: 1e30}]"),
        ("float32", "init: {normal: 1e-10}, then: [{multiply: 1e-40}, {multiply: 1e38}]"),
        ("float32", "init: ones, then: [{multiply: 1e-46}, {multiply: 1e38}]"),
        ("float64", "init: ones, then: [{multiply: 1e-300}, {multiply: 1e-300}, {multiply: 1e300}]"),
        ("float32", "init: ones, then: [{add: 1e-50}]"),
        ("float16", "blocks: {axis: 0, parts: [{size: 2, init: 1e5}, {rest: 0}]}"),
    ],
)
def test_what_would_overflow_or_vanish_on_the_way_is_refused(dtype: str, w: str) -> None:
    assert "error[out-of-range]" in refused(One(dtype), w)


@pytest.mark.parametrize(
    ("dtype", "w"),
    [
        ("float32", "init: {normal: {sigma: 1, mean: 1e9}}"),
        ("float32", "init: {normal: {sigma: 1, mean: 3.4e38}}"),
        ("float32", "init: {uniform: {low: 1, high: 1.00000001}}"),
        ("float64", "init: {uniform: {low: 16777216, high: 16777217}}"),
        ("float16", "init: {normal: {sigma: 0.1, mean: 4096}}"),
        ("bfloat16", "init: {uniform: {low: 0.3, high: 0.3001}}"),
        ("bfloat16", "init: ones, then: [{add: {normal: 1e-5}}]"),
    ],
)
def test_a_law_that_a_type_has_one_number_for_is_refused(dtype: str, w: str) -> None:
    assert "would all be one number" in refused(One(dtype), w)


@pytest.mark.parametrize(
    ("dtype", "w"),
    [
        ("float64", "init: {constant: 3.4028236e38}, then: [{add: 0}]"),
        ("float32", "init: {normal: {sigma: 0, mean: 1e9}}"),
        ("float32", "init: {uniform: {low: 1e9, high: 1e9}}"),
        ("bfloat16", "init: {normal: {sigma: 0.02, mean: 1}}"),
        ("float32", "init: {normal: 1}, then: [{multiply: 1e-30}, {multiply: 1e30}]"),
        ("float64", "init: {constant: 1e300}, then: [{multiply: 0}]"),
        ("float64", "init: ones, then: [{multiply: 1e39}, {multiply: 1e-39}]"),
        ("float32", "init: {normal: 1}, then: [{multiply: 1e30}, {multiply: 1e-30}]"),
        ("float32", "init: {constant: 3.4028235e38}"),
        ("float32", "init: {constant: 1e-44}"),
        ("float16", "init: {constant: 65504}"),
        ("float16", "init: {constant: 6e-8}"),
        ("float32", "init: {log_uniform: {low: 1e-30, high: 1e30}}"),
        ("float32", "init: {truncated_normal: {sigma: 0.02, a: -1e300, b: 1e300, bounds: absolute}}"),
        ("float16", "init: {truncated_normal: {sigma: 0.02, a: -1e30, b: 1e30, bounds: absolute}}"),
    ],
)
def test_what_fits_is_written(dtype: str, w: str) -> None:
    assert np.isfinite(written(One(dtype), w)).all()


@pytest.mark.parametrize(
    ("dtype", "value", "ends"),
    [
        ("float32", 3.4028236e38, ("3.402824e+38", "3.402823e+38")),
        ("float32", -3.4028235677973366e38, ("3.402824e+38", "3.402823e+38")),
        ("bfloat16", 3.3962e38, ("3.3962e+38", "3.38953e+38")),
        ("int64", 2**63, (str(2**63), str(2**63 - 1))),
        ("int64", -(2**63) - 1, (str(-(2**63) - 1), str(-(2**63)))),
        ("uint64", 1.8446744073709552e19, (str(2**64), str(2**64 - 1))),
    ],
)
def test_a_value_and_the_limit_that_it_exceeds_do_not_look_alike(
    tmp_path: Path, dtype: str, value: float, ends: tuple[str, str]
) -> None:
    said = [refused(One(dtype), f"init: {value!r}")]
    if isinstance(value, float) and dtype != "uint64":
        said.append(refused(One(dtype), stored(tmp_path, [value], "f8")))

    assert ends[0] != ends[1]
    assert all(end in text for text in said for end in ends)


def test_a_plan_that_was_altered_is_checked_again() -> None:
    net = One("float16")
    plan = json.loads(mik.plan(net, rules("init: 1.0")).to_json())
    plan["assignments"][1]["draw"]["value"] = 1e6
    plan["assignments"][1]["moments"] |= {"mean": 1e6, "low": 1e6, "high": 1e6}
    with pytest.raises(mik.ApplyError, match="values as large as 1e\\+06 do not fit: float16 ends at 65504"):
        mik.apply(net, mik.Plan.from_json(json.dumps(plan)), seed=1)
    assert net.first.asnumpy().tolist() == [7.0] * 3


def test_a_file_is_looked_at_where_a_rank_takes_it(tmp_path: Path) -> None:
    values = np.ones((8, 6), np.float32)
    values[6, 3] = 1e6
    np.save(tmp_path / "v.npy", values)
    path = str(tmp_path / "v.npy")
    assert checkpoints.extremes(path, "v", (slice(0, 4), slice(0, 6))) == (1.0, 1.0)
    assert checkpoints.extremes(path, "v", (slice(4, 8), slice(0, 6))) == (1.0, 1e6)
    assert checkpoints.extremes(path, "v", (slice(4, 4), slice(0, 6))) is None


def test_nothing_is_added_to_whole_numbers() -> None:
    refused = refusal(draws.Edited(draws.Constant(1), (draws.AddDraw(draws.Constant(1), "then[0]"),)), "int32")

    assert refused is not None
    assert refused.startswith("a parameter of int32 takes whole constants only")
