"""Arrays by what they hold, named once for whoever types with them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.generic]
Floats: TypeAlias = NDArray[np.float64]
