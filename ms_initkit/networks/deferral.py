"""Constructing a network without values."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def deferred() -> Iterator[None]:
    """Constructs networks inside it without drawing a value: ``apply`` draws each parameter once, later.

    Rests on MindSpore's own `no_init_parameters`. Layers that draw in their constructors without an initializer, as
    `nn.LSTM` does, still do; ``apply`` writes over them.

    Example:
        >>> with ms_initkit.deferred():
        ...     net = Net()
        >>> ms_initkit.apply(net, "resnet", seed=42)
    """
    from mindspore.nn.utils import no_init_parameters

    with no_init_parameters():
        yield
