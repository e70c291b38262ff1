"""Element types: their names, ranges and storage, and what files of values call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

# MindSpore has one object for each element type; hashing one costs five times as much as knowing it again.
_DTYPE_NAMES: dict[int, tuple[object, str]] = {}


def dtype_name(dtype: object) -> str:
    """Returns the name of a MindSpore element type, such as ``float32``."""
    known = _DTYPE_NAMES.get(id(dtype))
    if known is None:
        # The object is kept with its name, so that no other one can ever have its id.
        known = _DTYPE_NAMES[id(dtype)] = (dtype, str(dtype).lower())
    return known[1]


DTYPES: Final = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128",
)  # fmt: skip

# Names of element types, and the NumPy types of the same width; bfloat16 has none and is written as words.
ELEMENT_TYPES: Final = {
    "float64": ("F64", "<f8"),
    "float32": ("F32", "<f4"),
    "float16": ("F16", "<f2"),
    "bfloat16": ("BF16", "<u2"),
    "int64": ("I64", "<i8"),
    "int32": ("I32", "<i4"),
    "int16": ("I16", "<i2"),
    "int8": ("I8", "i1"),
    "uint64": ("U64", "<u8"),
    "uint32": ("U32", "<u4"),
    "uint16": ("U16", "<u2"),
    "uint8": ("U8", "u1"),
    "bool": ("BOOL", "?"),
}

_NAMES: Final = {code: name for name, (code, _) in ELEMENT_TYPES.items()}


def item_size(dtype: str) -> int:
    """Returns the bytes of one element.

    Raises:
        ValueError: If safetensors has no such type.
    """
    if dtype not in ELEMENT_TYPES:
        raise ValueError(f"safetensors files hold no {dtype}")
    return int(ELEMENT_TYPES[dtype][1][-1]) if dtype != "bool" else 1


FLOATS: Final = frozenset({"float16", "bfloat16", "float32", "float64"})


def storage(dtype: str) -> np.dtype[np.generic]:
    """Returns the NumPy type that holds values of ``dtype``; of bfloat16, its words."""
    import numpy as np  # checking a recipe does not need it

    return np.dtype("uint16" if dtype == "bfloat16" else dtype)


# Largest finite value of the types that are narrower than float32's range.
_LARGEST: Final = {"float16": 65504.0, "float32": 3.4028234663852886e38, "bfloat16": 3.3895313892515355e38}

_INTEGER_RANGES: Final = {
    "bool": (0, 1),
    "int8": (-(2**7), 2**7 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint8": (0, 2**8 - 1),
    "uint16": (0, 2**16 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}
