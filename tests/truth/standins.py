"""Stands in, with NumPy, for MindSpore's operators that have a kernel on Ascend only.

So nearly every class of mindone constructs on a CPU and draws what it would draw there. Importing this module replaces
them in the process: it serves the harness, and nothing else may import it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import mindspore as ms
import mindspore.mint.linalg as mint_linalg
import mindspore.mint.nn.functional as mint_functional
import numpy as np
from mindspore import Tensor, mint, ops

Foreign: TypeAlias = Any
Array: TypeAlias = np.ndarray[Any, Any]

_UNWRITTEN: Final = 7.7e7
"""Stands in memory that a constructor allocates and never writes."""

_generator = np.random.RandomState(0)


def seed(value: int) -> None:
    """Seeds everything that a constructor may draw from."""
    _generator.seed(value)
    np.random.seed(value)  # noqa: NPY002 - MindSpore's initializers draw from the global generator
    ms.set_seed(value)


def _array(value: Foreign) -> Array:
    return value.asnumpy() if isinstance(value, Tensor) else np.asarray(value)


def _arrays(value: Foreign) -> Foreign:
    if isinstance(value, (list, tuple)):
        return [_arrays(item) for item in value]
    return value.asnumpy() if isinstance(value, Tensor) else value


def _number(value: Foreign) -> Foreign:
    return value.asnumpy().item() if isinstance(value, Tensor) else value


def _tensor(values: Foreign, dtype: Foreign = None) -> Foreign:
    array = np.asarray(values)
    if array.dtype == np.float64 and dtype is None:
        array = array.astype(np.float32)
    tensor = Tensor(array)
    return tensor if dtype is None or tensor.dtype == dtype else tensor.astype(dtype)


def _shape(size: Sequence[Foreign]) -> tuple[int, ...]:
    if len(size) == 1 and not isinstance(size[0], int):
        size = size[0]
    return tuple(int(_number(extent)) for extent in size)


def _write(tensor: Foreign, values: Foreign) -> Foreign:
    # On the CPU the array of a tensor shares its memory; bfloat16 has none to share.
    if tensor.dtype == ms.bfloat16:
        raise TypeError("no stand-in writes bfloat16")
    tensor.asnumpy()[...] = values
    return tensor


# --- what writes into a tensor --------------------------------------------------------------------------------------


def _normal_(self: Foreign, mean: float = 0, std: float = 1, *, generator: Foreign = None) -> Foreign:
    return _write(self, _generator.normal(mean, std, self.shape))


def _uniform_(self: Foreign, from_: float = 0, to: float = 1, *, generator: Foreign = None, **named: float) -> Foreign:
    low, high = named.get("low", named.get("a", from_)), named.get("high", named.get("b", to))
    return _write(self, _generator.uniform(low, high, self.shape))


def _set_data(self: Foreign, data: Foreign, slice_shape: bool = False) -> Foreign:
    if getattr(data, "has_init", False):
        data = data.init_data()
    return _write(self, data.asnumpy().reshape(self.shape))


def _elementwise_(function: Callable[[Array], Array]) -> Callable[..., Foreign]:
    return lambda self: _write(self, function(self.asnumpy()))


def _arithmetic_(function: Callable[..., Foreign]) -> Callable[..., Foreign]:
    return lambda self, other, **_: _write(self, function(self.asnumpy(), _array(other)))


_ARITHMETIC: Final[dict[str, Callable[..., Foreign]]] = {
    "mul": np.multiply,
    "add": np.add,
    "sub": np.subtract,
    "div": np.divide,
}
_METHODS: Final[dict[str, Callable[..., Foreign]]] = {
    "normal_": _normal_,
    "uniform_": _uniform_,
    "zero_": lambda self: _write(self, 0),
    "fill_": lambda self, value: _write(self, _number(value)),
    "copy_": lambda self, source, non_blocking=False: _write(self, _array(source)),
    "clamp_": lambda self, min=None, max=None: _write(self, np.clip(self.asnumpy(), min, max)),
    **{f"{name}_": _elementwise_(getattr(np, name)) for name in ("log", "exp", "sqrt")},
    **{f"{name}_": _arithmetic_(function) for name, function in _ARITHMETIC.items()},
    **{
        name: (lambda function: lambda self: _tensor(function(self.asnumpy()).astype(np.float32)))(getattr(np, name))
        for name in ("exp", "log", "sqrt", "log1p", "expm1")
    },
    "clone": lambda self: _tensor(self.asnumpy().copy(), self.dtype),
    "uniform": lambda self, from_=0, to=1, *, generator=None: _tensor(
        _generator.uniform(from_, to, self.shape).astype(np.float32)
    ),
    "normal": lambda self, mean=0, std=1, **_: _tensor(_generator.normal(mean, std, self.shape).astype(np.float32)),
    "repeat": lambda self, *times: _tensor(np.tile(self.asnumpy(), _shape(times))),
    "tile": lambda self, *times: _tensor(np.tile(self.asnumpy(), _shape(times))),
    "repeat_interleave": lambda self, repeats, dim=None, output_size=None: _tensor(
        np.repeat(self.asnumpy(), _array(repeats), axis=dim)
    ),
}


# --- what makes a tensor --------------------------------------------------------------------------------------------


def _arange(start: Foreign = 0, end: Foreign = None, step: Foreign = 1, *, dtype: Foreign = None) -> Foreign:
    if end is None:
        start, end = 0, start
    return _tensor(np.arange(_number(start), _number(end), _number(step)), dtype)


def _full(size: Foreign, value: Foreign, *, dtype: Foreign = None) -> Foreign:
    number = _number(value)
    kind = np.float32 if isinstance(number, float) else np.int64 if type(number) is int else None
    return _tensor(np.full(_shape((size,) if isinstance(size, int) else tuple(size)), number, kind), dtype)


def _filled(value: float) -> Callable[..., Foreign]:
    def make(*size: Foreign, dtype: Foreign = None, **named: Foreign) -> Foreign:
        return _tensor(np.full(_shape((named["size"],) if "size" in named else size), value, np.float32), dtype)

    return make


def _filled_like(value: float) -> Callable[..., Foreign]:
    return lambda like, *, dtype=None, **_: _tensor(np.full(like.shape, value, np.float32), dtype or like.dtype)


def _drawn(draw: Callable[..., Foreign]) -> Callable[..., Foreign]:
    return lambda *size, generator=None, dtype=None, **_: _tensor(draw(*_shape(size)).astype(np.float32), dtype)


def _randint(*arguments: Foreign, **_: Foreign) -> Foreign:
    low, high = (0, arguments[0]) if len(arguments) == 2 else arguments[:2]
    return _tensor(np.asarray(_generator.randint(low, high, arguments[-1]), np.int64))


def _normal(mean: Foreign = 0.0, std: Foreign = 1.0, size: Foreign = None, **_: Foreign) -> Foreign:
    mean, std = _array(mean), _array(std)
    return _tensor(_generator.normal(mean, std, size or np.broadcast(mean, std).shape).astype(np.float32))


_MAKERS: Final[dict[str, Callable[..., Foreign]]] = {
    "arange": _arange,
    "full": _full,
    "full_like": lambda like, value, *, dtype=None: _full(like.shape, value, dtype=dtype or like.dtype),
    "linspace": lambda start, end, steps, *, dtype=None: _tensor(
        np.linspace(_number(start), _number(end), int(_number(steps))).astype(np.float32), dtype
    ),
    "eye": lambda n, m=None, dtype=None: _tensor(np.eye(n, m).astype(np.float32), dtype),
    "zeros": _filled(0),
    "ones": _filled(1),
    "empty": _filled(_UNWRITTEN),
    "zeros_like": _filled_like(0),
    "ones_like": _filled_like(1),
    "rand": _drawn(_generator.rand),
    "randn": _drawn(_generator.randn),
    "randint": _randint,
    "randperm": lambda n, **_: _tensor(_generator.permutation(n)),
    "normal": _normal,
}


# --- what computes --------------------------------------------------------------------------------------------------


def _computed(function: Callable[..., Foreign]) -> Callable[..., Foreign]:
    """Returns the operator that computes ``function`` of arrays; torch's ``dim`` is NumPy's ``axis``."""

    def compute(*arguments: Foreign, **named: Foreign) -> Foreign:
        options = {
            "axis" if key == "dim" else key: _arrays(value)
            for key, value in named.items()
            if key not in ("dtype", "out")
        }
        return _tensor(function(*map(_arrays, arguments), **options))

    return compute


def _computed_where_missing(name: str, function: Callable[..., Foreign]) -> Callable[..., Foreign]:
    operator, stand_in = getattr(mint, name), _computed(function)

    def compute(*arguments: Foreign, **named: Foreign) -> Foreign:
        try:
            return operator(*arguments, **named)
        except RuntimeError:
            return stand_in(*arguments, **named)

    return compute


def _norm(x: Foreign, p: Foreign = "fro", dim: Foreign = None, keepdim: bool = False, **_: Foreign) -> Foreign:
    axis = tuple(dim) if isinstance(dim, (list, tuple)) else dim
    return _tensor(np.sqrt((_array(x) ** 2).sum(axis=axis, keepdims=keepdim)))


def _pad(x: Foreign, widths: Sequence[int], mode: str = "constant", value: float | None = 0.0) -> Foreign:
    """Pads as torch does: pairs from the last axis on, negative ones cut."""
    array = _array(x)
    pairs = [(0, 0)] * array.ndim
    for i in range(len(widths) // 2):
        pairs[array.ndim - 1 - i] = (widths[2 * i], widths[2 * i + 1])
    cut = tuple(
        slice(max(0, -low), extent + min(0, high)) for (low, high), extent in zip(pairs, array.shape, strict=True)
    )
    return _tensor(np.pad(array[cut], [(max(0, low), max(0, high)) for low, high in pairs], constant_values=value or 0))


def _einsum(equation: str, *operands: Foreign) -> Foreign:
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    return _tensor(np.einsum(equation, *map(_array, operands)).astype(np.float32))


def _div(x: Foreign, other: Foreign, *, rounding_mode: str | None = None) -> Foreign:
    quotient = np.divide(_array(x), _array(other))
    if rounding_mode is not None:
        quotient = np.trunc(quotient) if rounding_mode == "trunc" else np.floor(quotient)
    return _tensor(quotient.astype(np.float32))


def _logit(x: Foreign, eps: Foreign = None) -> Foreign:
    values = _array(x)
    return _tensor(np.log(values / (1 - values)).astype(np.float32))


_COMPUTERS: Final[dict[str, Callable[..., Foreign]]] = {
    "norm": _norm,
    "einsum": _einsum,
    "div": _div,
    "logit": _logit,
    "tril": lambda x, diagonal=0: _tensor(np.tril(_array(x), diagonal)),
    "triu": lambda x, diagonal=0: _tensor(np.triu(_array(x), diagonal)),
    "outer": lambda a, b: _tensor(np.outer(_array(a), _array(b))),
    "cumsum": lambda x, dim=0, dtype=None: _tensor(np.cumsum(_array(x), axis=dim)),
    "repeat_interleave": lambda x, repeats, dim=None, output_size=None: _tensor(
        np.repeat(_array(x), _array(repeats), axis=dim)
    ),
}
_ELEMENTWISE: Final = (
    "exp",
    "log",
    "sin",
    "cos",
    "floor",
    "sqrt",
    "ceil",
    "square",
    "round",
    "abs",
    "sign",
    "tan",
    "log1p",
    "maximum",
    "minimum",
    "expm1",
    "bitwise_xor",
    "trunc",
    "log2",
)
_WHERE_MISSING: Final = (
    "stack",
    "concat",
    "cat",
    "power",
    "meshgrid",
    "where",
    "flip",
    "clip",
    "sum",
    "mean",
    "prod",
    "any",
    "all",
)
_NUMPYS: Final = {"concat": "concatenate", "cat": "concatenate"}
_OF_OPS: Final = ("arange", "linspace", "full", "tril", "triu", "randn", "rand", "zeros_like", "ones_like", "einsum")


def _install() -> None:
    for name, method in _METHODS.items():
        setattr(Tensor, name, method)
    if "set_data" not in Tensor.__dict__:
        Tensor.set_data = _set_data
    for name in _WHERE_MISSING:
        if hasattr(mint, name):
            setattr(mint, name, _computed_where_missing(name, getattr(np, _NUMPYS.get(name, name))))
    for name, function in (_MAKERS | _COMPUTERS).items():
        setattr(mint, name, function)
    Tensor.div = _div
    for name in _OF_OPS:
        setattr(ops, name, getattr(mint, name))
    ops.normal = lambda shape, mean, stddev, seed=None: _normal(mean, stddev, shape)
    for name in _ELEMENTWISE:
        for module in (mint, ops):
            if hasattr(module, name):
                setattr(module, name, _computed(getattr(np, name)))
    ops.pad = mint_functional.pad = _pad
    mint_linalg.norm = _norm
    mint_linalg.vector_norm = lambda x, ord=2, dim=None, keepdim=False, **_: _norm(x, dim=dim, keepdim=keepdim)
    ms.set_context(pynative_synchronize=True)


_install()
