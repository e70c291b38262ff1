"""Element types are one table: it agrees with NumPy's own account of each type."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from ms_initkit.draws.dtypes import BY_CODE, DTYPES, FLOATS, TYPES, item_size, storage

WHOLE = [record.name for record in TYPES.values() if record.kind == "integer"]


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_have_numpys_range(name: str) -> None:
    record, info = TYPES[name], np.iinfo(name)
    assert (record.low, record.high, record.size) == (info.min, info.max, info.dtype.itemsize)
    assert record.holds(info.max)
    assert record.holds(info.min)
    assert not record.holds(int(info.max) + 1)
    assert not record.holds(int(info.min) - 1)


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_floats_have_numpys_range_and_precision(name: str) -> None:
    record, info = TYPES[name], np.finfo(name)
    assert (record.low, record.high) == (float(info.min), float(info.max))
    assert record.epsilon == float(info.eps)
    assert record.least == float(info.smallest_subnormal)
    assert record.size == info.dtype.itemsize
    # The first whole number that is not exact is the one after 2 ** digits.
    assert float(np.dtype(name).type(2**record.digits)) == 2**record.digits
    assert int(np.dtype(name).type(2**record.digits + 1)) != 2**record.digits + 1


def test_bfloat16_is_the_upper_half_of_a_float32() -> None:
    record = TYPES["bfloat16"]
    largest, least = np.array([0x7F7F0000, 0x00010000], np.uint32).view(np.float32)
    assert (record.high, record.least) == (float(largest), float(least))
    assert record.storage == "<u2"


@pytest.mark.parametrize("name", ["float16", "float32"])
def test_a_value_is_held_if_it_rounds_to_a_finite_one(name: str) -> None:
    record, kind = TYPES[name], np.dtype(name).type
    edge = record.high + (record.high - float(np.nextafter(kind(record.high), kind(0)))) / 2
    with np.errstate(over="ignore"):
        for value in (record.high, np.nextafter(edge, 0.0), edge, 2 * edge, -edge, -record.high):
            assert record.holds(float(value)) == bool(np.isfinite(kind(value)))


def test_every_type_is_stored_as_wide_as_it_is() -> None:
    assert [storage(name).itemsize for name in DTYPES] == [TYPES[name].size for name in DTYPES]
    assert {code: record.name for code, record in BY_CODE.items()}["BF16"] == "bfloat16"
    assert set(FLOATS) == {"float16", "bfloat16", "float32", "float64"}


def test_a_type_that_files_lack_is_refused() -> None:
    with pytest.raises(ValueError, match="safetensors files hold no complex128"):
        item_size("complex128")


def test_the_table_does_without_numpy() -> None:
    code = "import sys, ms_initkit.draws.dtypes; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
