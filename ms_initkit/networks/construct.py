"""The network loader of the command line: ``package.module:factory`` with arguments."""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from ms_initkit.findings import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mindspore.nn import Cell


def load_network(target: str, arguments: Sequence[str] = (), *, is_deferred: bool = False) -> Cell:
    """Returns the network that calling ``target`` makes.

    Args:
        target: ``module:factory``; the factory may be a class and may be dotted. The working directory is looked in.
        arguments: ``key=value`` each, or a value alone for a positional one; values are read as YAML.
        is_deferred: Whether to construct it without drawing values, if its constructor can do without them.

    Raises:
        ValueError: If the target cannot be imported, called, or does not make a network.
    """
    from mindspore.nn import Cell

    factory = _find(target)
    positional, named = _arguments(arguments)
    net: object = None
    if is_deferred:
        # A constructor that computes with its own weights needs them: it is called again as always.
        with suppress(Exception), deferred():
            net = factory(*positional, **named)  # type: ignore[operator]  # called for what it is
    if net is None:
        try:
            net = factory(*positional, **named)  # type: ignore[operator]
        except Exception as error:  # anything may be wrong in a stranger's constructor
            raise ValueError(f"{target} raised {type(error).__name__}: {error}") from error
    if not isinstance(net, Cell):
        raise ValueError(f"{target} made a {type(net).__name__}, not a mindspore.nn.Cell")
    return net


def _find(target: str) -> object:
    module_name, colon, path = target.partition(":")
    if not colon or not path or not module_name:
        raise ValueError(f"{target!r} is not `module:factory`, such as `mindcv.models:resnet50`")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: object = importlib.import_module(module_name)
    except ImportError as error:
        raise ValueError(f"module {module_name!r} cannot be imported: {error}") from error
    for attribute in path.split("."):
        try:
            found = getattr(found, attribute)
        except AttributeError as error:
            guess = suggestion(attribute, dir(found))
            raise ValueError(f"{module_name!r} has no {path!r}" + (f": {guess}" if guess else "")) from error
    return found


def _arguments(arguments: Sequence[str]) -> tuple[list[object], dict[str, object]]:
    positional: list[object] = []
    named: dict[str, object] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if equals and key.isidentifier():
            named[key] = yaml.safe_load(value)
        else:
            positional.append(yaml.safe_load(argument))
    return positional, named


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
