"""The parameters that a network holds, in columns: what is asked of thousands of them again and again.

Most of what it costs is waiting for memory, so each is looked at once, and for all that is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ms_initkit.draws.dtypes import dtype_name
from ms_initkit.networks.describe import describe_with_parameters, is_table

if TYPE_CHECKING:
    from mindspore import Parameter
    from mindspore.nn import Cell

# Where values lie; 0 where MindSpore does not say, or they are not in one piece.
Addresses: TypeAlias = NDArray[np.uint64]


class Held(NamedTuple):
    """A network's parameters, each once."""

    names: list[str]
    parameters: list[Parameter]
    shapes: list[tuple[int, ...]]
    dtypes: list[str]
    addresses: Addresses | None  # None where they were not asked for

    def take(self, numbers: Sequence[int]) -> Held:
        """Returns some of them."""
        return Held(
            [self.names[number] for number in numbers],
            [self.parameters[number] for number in numbers],
            [self.shapes[number] for number in numbers],
            [self.dtypes[number] for number in numbers],
            None if self.addresses is None else self.addresses[list(numbers)],
        )


def held(net: Cell, *, with_addresses: bool = False) -> Held:
    """Returns the parameters of ``net``, each under the first name under which it walks them.

    Raises:
        TypeError: If ``net`` is not a MindSpore cell.
    """
    from mindspore.nn import Cell

    if isinstance(net, Cell):
        names, found = _walked(net)
    else:
        infos, parameters = describe_with_parameters(net)
        names, found = [info.name for info in infos], list(parameters)
    shapes: list[tuple[int, ...]] = []
    dtypes: list[object] = []
    addresses: list[int] = []
    address = _address_reader()
    for number, parameter in enumerate(found):
        each = parameter
        if each.init is not None and each.inited_param is not None:
            each = found[number] = each.inited_param  # what `init_data` made of one without values
        shapes.append(each.shape)
        dtypes.append(each.dtype)
        if with_addresses:
            addresses.append(address(each))
    where = np.array(addresses, np.uint64) if with_addresses else None
    every = Held(names, found, shapes, list(map(dtype_name, dtypes)), where)
    return every.take(_firsts(found)) if _has_twins(found) else every


def addresses_of(parameters: Sequence[Parameter]) -> Addresses:
    """Returns where the values of each lie."""
    return np.array(list(map(_address_reader(), parameters)), np.uint64)


@cache
def _address_reader() -> Callable[[Parameter], int]:
    """Returns what reads an address; MindSpore 2.7.0 logs an error for each that it cannot tell, so it is not asked."""
    return _no_address if metadata.version("mindspore") == "2.7.0" else _address


def _no_address(parameter: Parameter) -> int:
    del parameter
    return 0


def _address(parameter: Parameter) -> int:
    # `has_init` is this and a call more, and is to go.
    return parameter.data_ptr() if parameter.init is None and parameter.is_contiguous() else 0


def _walked(net: Cell) -> tuple[list[str], list[Parameter]]:
    """Returns name and parameter of each place where a cell of ``net`` holds one, in MindSpore's order."""
    names: list[str] = []
    found: list[Parameter] = []
    # Only a cell with children can hold itself, so leaves, of which there are thousands, are not remembered.
    seen: set[int] = set()
    # MindSpore keeps both in OrderedDicts, whose own iterators take several times as long for a single item.
    items = dict.items

    def visit(prefix: str, cell: Cell) -> None:
        # As MindSpore's walk: each cell once, under its first name, empty lists of cells left out.
        seen.add(id(cell))
        for leaf, parameter in items(cell._params):
            if parameter is not None:
                names.append(prefix + leaf)
                found.append(parameter)
        for name, child in items(cell._cells):
            if not child:
                continue
            if not child._cells:
                # as above, without the call
                for leaf, parameter in items(child._params):
                    if parameter is not None:
                        names.append(f"{prefix}{name}.{leaf}")
                        found.append(parameter)
            elif id(child) not in seen:
                visit(f"{prefix}{name}.", child)

    visit("", net)
    if len(set(map(type, found))) > 1:
        tensors = [number for number, parameter in enumerate(found) if not is_table(parameter)]
        names, found = [names[number] for number in tensors], [found[number] for number in tensors]
    return names, found


def _has_twins(parameters: Sequence[Parameter]) -> bool:
    """Returns whether one of them is there twice."""
    if len(parameters) < 2:
        return False
    numbers = np.fromiter(map(id, parameters), np.uint64, len(parameters))
    numbers.sort()
    return bool((numbers[1:] == numbers[:-1]).any())


def _firsts(parameters: Sequence[Parameter]) -> list[int]:
    """Returns the first place of each."""
    first: dict[int, int] = {}
    for number, parameter in enumerate(parameters):
        first.setdefault(id(parameter), number)
    return list(first.values())
