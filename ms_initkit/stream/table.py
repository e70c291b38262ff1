"""The table of tensors that the kernels read: what ``engine`` writes, ``compiled`` prepares and ``kernels`` reads."""

from __future__ import annotations

from typing import Final

from ms_initkit.draws.dtypes import TYPES

# The element types of storage. The kernels write float32 and words as they are, and convert to the others.
DTYPES: Final = {record.name: record.kernel for record in TYPES.values() if record.kernel is not None}
# Where the conversions begin among the functions that ``fill`` calls, after the laws.
FIRST_CONVERSION: Final = 8

# A row, in 64-bit words: where the tensor ends among all tensors laid end to end, size, address, storage type, law,
# key, substream, offset, four words of the law's parameters, and how many loops follow: their lengths, their strides.
END, SIZE, ADDRESS, DTYPE, LAW, KEY, SUBSTREAM, OFFSET, BITS, AXES = 0, 1, 2, 3, 4, 5, 6, 7, 8, 12
ROW: Final = 13
