"""The table of tensors that the kernels read: what ``engine`` writes is ``struct row`` of ``kernels.h``."""

from __future__ import annotations

import struct
from typing import Final

from ms_initkit.draws.dtypes import TYPES

# The element types of storage. The kernels write float32 and words as they are, and convert to the others.
DTYPES: Final = {record.name: record.kernel for record in TYPES.values() if record.kernel is not None}

# A row, in 64-bit words: where the tensor ends among all tensors laid end to end, size, address, storage type, law,
# key, substream, offset, four words of the law's parameters, how many loops there are, and how many bytes from the row
# on their lengths and then their strides stand.
END, SIZE, ADDRESS, DTYPE, LAW, KEY, SUBSTREAM, OFFSET, BITS, LOOPS, WHERE = 0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13
ROW: Final = 14
PACKED: Final = struct.Struct("=qqQqqQQQ32sqq")
