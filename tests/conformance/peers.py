"""The peers' initializers, each as a function of name, shape and arguments that returns an array."""

from __future__ import annotations

import itertools
import warnings
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = NDArray[Any]

_seeds = itertools.count(1)


def draw(peer: str, name: str, shape: tuple[int, ...], arguments: dict[str, Any], dtype: str = "float32") -> Values:
    """Returns what ``peer`` draws; float16 as float32, in which every one of its values is exact."""
    values = {"torch": _torch, "jax": _jax, "keras": _keras, "mindspore": _mindspore}[peer](
        name, shape, arguments, dtype
    )
    return np.asarray(values, np.float32)


def _torch(name: str, shape: tuple[int, ...], arguments: dict[str, Any], dtype: str) -> Values:
    import torch

    torch.manual_seed(next(_seeds))
    tensor = torch.empty(shape, dtype=getattr(torch, dtype))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a mean outside of the bounds, of zero elements
        getattr(torch.nn.init, name)(tensor, **arguments)
    return np.asarray(tensor.float().numpy())


def _jax(name: str, shape: tuple[int, ...], arguments: dict[str, Any], dtype: str) -> Values:
    import jax

    made = getattr(jax.nn.initializers, name)
    if name not in ("zeros", "ones"):
        made = made(**arguments)
    # By the type itself: its name may be that of MindSpore's own bfloat16 by now.
    return np.asarray(made(jax.random.key(next(_seeds)), shape, getattr(jax.numpy, dtype)).astype(jax.numpy.float32))


def _keras(name: str, shape: tuple[int, ...], arguments: dict[str, Any], dtype: str) -> Values:
    import keras

    seeded = {} if name in ("Zeros", "Ones", "Constant", "Identity", "STFT") else {"seed": next(_seeds)}
    made = getattr(keras.initializers, name)(**arguments, **seeded)
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(made(shape, dtype=dtype), "float32")))


def _mindspore(name: str, shape: tuple[int, ...], arguments: dict[str, Any], dtype: str) -> Values:
    import mindspore
    from mindspore.common import initializer

    mindspore.set_seed(next(_seeds))
    made = initializer.initializer(getattr(initializer, name)(**arguments), shape, getattr(mindspore, dtype))
    return np.asarray(made.init_data().asnumpy(), np.float32)
