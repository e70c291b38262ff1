"""How it is drawn changes nothing: slices, threads, blocks, storage types, kernels and oracle."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ms_initkit import stream
from ms_initkit.draws import (
    Blocks,
    Constant,
    Draw,
    Edited,
    Mixture,
    Normal,
    Repeated,
    SetElement,
    SetRows,
    Step,
    Uniform,
    Whole,
)
from ms_initkit.draws.windows import Index
from ms_initkit.stream import compiled, engine, oracle, sampler
from tests.stream.elementwise import KEY, PLAIN

needs_kernels = pytest.mark.skipif(compiled.found is None, reason="the kernels were not compiled")


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    yield
    stream.set_threads(None)


@st.composite
def shapes_and_slices(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[slice, ...]]:
    """Up to four axes; now and then one long enough to cross blocks."""
    shape: tuple[int, ...]
    if draw(st.booleans()):
        shape = (draw(st.integers(1, 5)), draw(st.integers(1, 6000)))
    else:
        shape = tuple(draw(st.lists(st.integers(1, 12), min_size=1, max_size=4)))
    slices = []
    for length in shape:
        start = draw(st.integers(0, length - 1))
        slices.append(slice(start, draw(st.integers(start, length))))
    return shape, tuple(slices)


@st.composite
def composed(draw: st.DrawFn, shape: tuple[int, ...]) -> Draw:
    """Any kind of draw that fits ``shape``."""
    plain = st.sampled_from(PLAIN)
    axis = draw(st.integers(0, len(shape) - 1))
    cut = draw(st.integers(0, shape[axis]))
    times = draw(st.sampled_from([n for n in range(1, shape[axis] + 1) if shape[axis] % n == 0]))
    kinds: list[Draw] = [
        draw(plain),
        Mixture((0.25, 0.75), (draw(plain), draw(plain))),
        Repeated(axis, times, draw(plain)),
        Blocks(axis, (cut, shape[axis] - cut), (draw(plain), Mixture((0.5, 0.5), (draw(plain), draw(plain))))),
        Blocks(axis, (shape[axis] // times,) * times, (draw(plain), *(draw(plain),) * (times - 1)), shares_words=True),
        Repeated(axis, times, Repeated(0, 1, draw(plain))),
        Blocks(axis, (shape[axis],), (Repeated(len(shape) - 1, shape[-1], draw(plain)),)),
        Edited(
            Normal(0.0, 1.0),
            (Step("exp"), SetElement((0,) * len(shape), 9.0), Step("at_least", 0.5), SetRows((shape[0] - 1,), 7.0)),
        ),
        Edited(Uniform(0.1, 0.2), (Step("log"), Step("multiply", -0.3), Step("add", 0.1), Step("inverse_softplus"))),
    ]
    if len(shape) > 1:
        kinds.append(Blocks(0, (shape[0],), (Whole("orthogonal", (("gain", 1.0),)),)))
    return draw(st.sampled_from(kinds))


def bits(values: NDArray[np.generic]) -> bytes:
    return np.ascontiguousarray(values).tobytes()


@given(st.data())
def test_any_slice_of_any_draw_is_the_slice_of_the_whole(data: st.DataObject) -> None:
    shape, slices = data.draw(shapes_and_slices())
    draw = data.draw(composed(shape))

    part = stream.sample(draw, shape, KEY, slices)

    assert bits(part) == bits(stream.sample(draw, shape, KEY)[slices])


@needs_kernels
@given(shapes_and_slices(), st.sampled_from(PLAIN), st.sampled_from(["float32", "float16", "bfloat16", "float64"]))
def test_the_kernels_equal_the_oracle(
    case: tuple[tuple[int, ...], tuple[slice, ...]], draw: Draw, dtype: engine.Dtype
) -> None:
    shape, slices = case
    lengths = tuple(part.stop - part.start for part in slices)
    fast, plain = (np.zeros(lengths, engine.STORAGE[stream.DTYPES[dtype]]) for _ in range(2))

    stream.fill(fast, draw, shape, KEY, slices, dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_kernels", lambda: None)
        stream.fill(plain, draw, shape, KEY, slices, dtype)

    assert bits(fast) == bits(plain)


@needs_kernels
@pytest.mark.parametrize("draw", PLAIN)
def test_threads_and_tasks_change_nothing(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = (3, 10_007)
    expected = bits(stream.sample(draw, shape, KEY))

    for n in (1, 2, 7):
        for task in (997, 4096, 1 << 20):
            monkeypatch.setattr(engine, "_TASK", task)
            stream.set_threads(n)
            assert bits(stream.sample(draw, shape, KEY)) == expected


@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_pieces_of_a_composed_draw_change_nothing(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = Blocks(1, (30, 71), (Mixture((0.5, 0.5), (Normal(0.0, 1.0), Uniform(0.0, 1.0))), Repeated(0, 2, PLAIN[3])))
    index = (slice(3, 18), slice(5, 100))
    expected = stream.sample(draw, (20, 101), KEY)[index]

    monkeypatch.setattr(sampler, "_AT_ONCE", 64)
    stream.set_threads(n)

    assert bits(stream.sample(draw, (20, 101), KEY, index)) == bits(expected)


@needs_kernels
@pytest.mark.parametrize("offset", [0, 1, 3, 16])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_writing_past_the_caches_changes_nothing(
    offset: int, dtype: engine.Dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = engine.STORAGE[stream.DTYPES[dtype]]
    usual, past = np.zeros(20_011, storage), np.zeros(20_011 + 2 * 16, storage)
    stream.fill(usual, Normal(0.0, 1.0), usual.shape, KEY, dtype=dtype)

    monkeypatch.setattr(engine, "_PAST_CACHES", 0)
    stream.fill(past[offset : offset + usual.size], Normal(0.0, 1.0), usual.shape, KEY, dtype=dtype)

    assert bits(past[offset : offset + usual.size]) == bits(usual)
    assert not past[:offset].any()
    assert not past[offset + usual.size :].any()


HUGE = (1 << 20, 1 << 15)  # 2**35 elements


@pytest.mark.parametrize("start", [(1 << 17) - 1, (1 << 20) - 2])
def test_element_numbers_have_64_bits(start: int) -> None:
    drawn = stream.sample(Normal(0.0, 1.0), HUGE, KEY, (slice(start, start + 2), slice(5, 8)))

    numbers = (np.arange(start, start + 2, dtype=np.uint64)[:, None] << np.uint64(15)) + np.arange(
        5, 8, dtype=np.uint64
    )
    assert np.array_equal(drawn, oracle.quantile(oracle.words(numbers, 0, KEY)))


AWKWARD = np.array(
    [
        0.0,
        -0.0,
        1.0,
        1 + 2**-11,
        1 + 3 * 2**-11,
        65504.0,
        65519.9,
        65520.0,
        1e30,
        np.inf,
        -np.inf,
        np.nan,
        2**-14,
        2**-24,
        2**-25,
        1.5 * 2**-25,
        1e-40,
        1 + 2**-8,
        1 + 3 * 2**-8,
        3.3895314e38,
        3.4e38,
    ],
    np.float32,
)


def nearest_even_bfloat16(value: np.float32) -> int:
    """The definition: of the two neighbours the nearer, of two equally near the even one."""
    below = int(np.array([value]).view(np.uint32)[0]) >> 16
    if not np.isfinite(value):
        return 0x7FC0 if np.isnan(value) else below
    neighbours = np.array([below << 16, (below + 1) << 16], np.uint32).view(np.float32).astype(np.float64)
    neighbours[np.isinf(neighbours)] = np.copysign(2.0**128, neighbours[np.isinf(neighbours)])
    distance = np.abs(neighbours - np.float64(value))
    up = distance[1] < distance[0] or (distance[1] == distance[0] and below % 2 == 1)
    return below + int(up)


def random_floats() -> NDArray[np.float32]:
    patterns = np.random.default_rng(1).integers(0, 2**32, 4000, dtype=np.uint64).astype(np.uint32)
    return np.concatenate([AWKWARD, -AWKWARD[~np.isnan(AWKWARD)], patterns.view(np.float32)])


def test_bfloat16_is_rounded_to_nearest_even() -> None:
    values = random_floats()

    assert oracle.to_bfloat16(values).tolist() == [nearest_even_bfloat16(value) for value in values]


@needs_kernels
def test_the_kernels_round_every_value_as_the_oracle_does() -> None:
    values = random_floats()
    halves, brains = (np.zeros((values.size, 1), np.uint16) for _ in range(2))

    for stored, dtype in ((halves, "float16"), (brains, "bfloat16")):
        constants: list[Draw] = [Constant(float(value)) for value in values]
        draw_together(list(stored), constants, [dtype] * values.size)

    is_nan = np.isnan(values)
    assert np.array_equal(halves[~is_nan, 0], oracle.to_float16(values[~is_nan]))
    assert np.isnan(halves[is_nan, 0].view(np.float16)).all()
    assert np.array_equal(brains[:, 0], oracle.to_bfloat16(values))


@pytest.mark.parametrize("draw", PLAIN)
def test_every_storage_type_holds_the_rounded_float32_draw_within_its_bounds(draw: Draw) -> None:
    values = stream.sample(draw, (5, 77), KEY)
    half, brain, wide = np.zeros((5, 77), np.float16), np.zeros((5, 77), np.uint16), np.zeros((5, 77))

    stream.fill(half, draw, (5, 77), KEY, dtype="float16")
    stream.fill(brain, draw, (5, 77), KEY, dtype="bfloat16")
    stream.fill(wide, draw, (5, 77), KEY, dtype="float64")

    low, high = (getattr(draw, name, limit) for name, limit in (("low", -np.inf), ("high", np.inf)))
    for stored, rounded in (
        (half, values.astype(np.float16)),
        (as_floats(brain), as_floats(oracle.to_bfloat16(values))),
    ):
        is_inside = (rounded >= low) & (rounded <= high)
        assert bits(stored[is_inside]) == bits(rounded[is_inside])
        assert ((stored >= low) & (stored <= high)).all()
    # Of a constant float64 has every digit, of random numbers those of float32.
    exact = np.full((5, 77), draw.value) if isinstance(draw, Constant) else values.astype(np.float64)
    assert bits(wide) == bits(exact)


def as_floats(brain: NDArray[np.uint16]) -> NDArray[np.float32]:
    return (brain.astype(np.uint32) << np.uint32(16)).view(np.float32)


def draw_together(
    arrays: Sequence[NDArray[np.generic]],
    draws: Sequence[Draw],
    dtypes: Sequence[str],
    progress: Callable[[int], None] | None = None,
) -> None:
    """Parameter ``p0``, ``p1``, ... of seed 1, in one call."""
    drawn = [stream.law_of(draw, dtype) for draw, dtype in zip(draws, dtypes, strict=True)]
    assert None not in drawn
    known = [law for law in drawn if law is not None]
    jobs = stream.Batch(
        np.array([array.size for array in arrays], np.int64),
        np.array([law.id for law in known], np.int8),
        np.array([stream.DTYPES[dtype] for dtype in dtypes], np.int8),
        np.array([law.parameters for law in known], np.float32).reshape(-1, stream.WIDTH),
    )
    addresses = np.array([array.ctypes.data for array in arrays], np.uint64)
    stream.fill_many(jobs, addresses, stream.keys(1, [f"p{i}" for i in range(len(arrays))]), progress)


@pytest.mark.parametrize("has_kernels", [pytest.param(True, marks=needs_kernels), False])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_a_batch_is_its_parameters_one_by_one(has_kernels: bool, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [64, 1, 0, 4097, 3, 50_000, 64, 9]
    dtypes = ["float32", "float16", "bfloat16", "float64"] * 2
    draws = [PLAIN[i % len(PLAIN)] for i in range(len(sizes) - 1)] + [PLAIN[1]]  # wide constants are no law's
    arrays = [np.zeros(size, engine.STORAGE[stream.DTYPES[d]]) for size, d in zip(sizes, dtypes, strict=True)]
    if not has_kernels:
        monkeypatch.setattr(engine, "_kernels", lambda: None)
    stream.set_threads(n)
    written: list[int] = []

    draw_together(list(arrays), draws, dtypes, written.append)

    for i, (array, draw, dtype) in enumerate(zip(arrays, draws, dtypes, strict=True)):
        alone = np.zeros_like(array)
        stream.fill(alone, draw, array.shape, stream.key(1, f"p{i}"), dtype=dtype)  # type: ignore[arg-type]
        assert bits(array) == bits(alone)
    assert sum(written) == sum(sizes)


def test_an_empty_batch_is_nothing_to_do() -> None:
    draw_together([], [], [])


@pytest.mark.parametrize(
    ("index", "shape"),
    [(3, (5,)), (..., (4, 5)), ((-1, slice(1, -1)), (3,)), ((..., 2), (4,)), ((slice(2, 1),), (0, 5)), (None, (4, 5))],
)
def test_an_index_reads_as_numpys(index: Index | None, shape: tuple[int, ...]) -> None:
    whole = stream.sample(Normal(0.0, 1.0), (4, 5), KEY)

    part = stream.sample(Normal(0.0, 1.0), (4, 5), KEY, index)

    assert part.shape == shape
    assert np.array_equal(part, whole if index is None else whole[index])


def test_an_array_is_no_index() -> None:
    with pytest.raises(IndexError, match=r"array\(\[0, 1\]\) is no index into an axis of 4"):
        stream.sample(Normal(0.0, 1.0), (4, 5), KEY, np.array([0, 1]))  # type: ignore[arg-type]


@pytest.mark.parametrize("index", [(4,), (0, 0, 0), (..., ...), ("a",)])
def test_an_index_that_does_not_fit_is_refused(index: Index) -> None:
    with pytest.raises(IndexError):
        stream.sample(Normal(0.0, 1.0), (4, 5), KEY, index)


def test_a_step_is_refused() -> None:
    with pytest.raises(ValueError, match="step 1, not 2"):
        stream.sample(Normal(0.0, 1.0), (4, 5), KEY, slice(0, 4, 2))


def test_a_scalar_parameter_is_drawn() -> None:
    assert stream.sample(Normal(0.0, 1.0), (), KEY).shape == ()


@pytest.mark.parametrize(
    "out",
    [
        np.zeros(5, np.float32),
        np.zeros((4, 5)),
        np.zeros((5, 4), np.float32).T,
        np.zeros(81, np.uint8)[1:].view(np.float32).reshape(4, 5),
    ],
    ids=["small", "wide", "transposed", "misaligned"],
)
def test_storage_that_does_not_fit_is_refused(out: NDArray[np.generic]) -> None:
    with pytest.raises(ValueError, match=r"do not fit|C-contiguous"):
        stream.fill(out, Normal(0.0, 1.0), (4, 5), KEY)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_draws() -> None:
    script = (
        "import os; import numpy as np; from ms_initkit import stream; from ms_initkit.draws import Normal\n"
        "stream.set_threads(2); whole = stream.sample(Normal(0, 1), (1 << 21,), 1)\n"
        "pid = os.fork()\n"
        "same = np.array_equal(stream.sample(Normal(0, 1), (1 << 21,), 1), whole)\n"
        "os._exit(not same) if pid == 0 else exit(os.waitpid(pid, 0)[1])\n"
    )

    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
