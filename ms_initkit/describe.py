"""Stage describe: a MindSpore network to ``ParamInfo``s. No values are read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from ms_initkit.params import Owner, ParamInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mindspore import Parameter
    from mindspore.nn import Cell

Described: TypeAlias = "tuple[tuple[ParamInfo, ...], tuple[Parameter, ...]]"


def describe(net: Cell) -> tuple[ParamInfo, ...]:
    """Returns what is known of every parameter of ``net``, in the order in which the network walks them.

    A parameter that several cells hold is listed once, with all of its owners.

    Raises:
        TypeError: If ``net`` is not a MindSpore cell.
    """
    return describe_with_parameters(net)[0]


def describe_with_parameters(net: Cell) -> Described:
    """Returns ``describe(net)`` together with the parameters themselves, in the same order.

    Raises:
        TypeError: If ``net`` is not a MindSpore cell.
    """
    from mindspore import Parameter
    from mindspore.nn import Cell

    if isinstance(net, Parameter):
        owner = Owner(net.name, net.name.rpartition(".")[2])
        return (_info((owner,), net),), (net,)
    if not isinstance(net, Cell):
        raise TypeError(f"a network is a mindspore.nn.Cell, not {type(net).__name__}")
    parameters: dict[int, Parameter] = {}
    owners: dict[int, list[Owner]] = {}
    for prefix, cell in _walk(net):
        for claim, parameter in _claims(prefix, cell):
            parameters.setdefault(id(parameter), parameter)
            owners.setdefault(id(parameter), []).append(claim)
    infos = tuple(_info(tuple(owners[key]), parameter) for key, parameter in parameters.items())
    return infos, tuple(parameters.values())


def _walk(net: Cell) -> Iterator[tuple[str, Cell]]:
    """Yields cells in MindSpore's own order, but a cell that is held twice under each of its names."""
    stack = [("", net, frozenset({id(net)}))]
    while stack:
        prefix, cell, above = stack.pop()
        yield prefix, cell
        children = [
            (f"{prefix}{name}.", child, above | {id(child)})
            for name, child in cell._cells.items()
            # MindSpore's walk leaves out empty lists of cells as it does None.
            if child and id(child) not in above
        ]
        stack.extend(reversed(children))


@dataclass(frozen=True, slots=True)
class _Options:
    """What a parameter's owner tells of its layout."""

    cell: tuple[str, ...]
    groups: int
    is_transposed: bool
    weight_shape: tuple[int, ...] | None


def _claims(prefix: str, cell: Cell) -> Iterator[tuple[Owner, Parameter]]:
    held = [(leaf, parameter) for leaf, parameter in cell._params.items() if parameter is not None]
    if not held:
        return
    options = _options(cell)
    for leaf, parameter in held:
        owner = Owner(prefix + leaf, leaf, options.cell, options.groups, options.is_transposed, options.weight_shape)
        yield owner, parameter if parameter.inited_param is None else parameter.inited_param


_MROS: dict[type, tuple[str, ...]] = {}


def _options(cell: Cell) -> _Options:
    kind = type(cell)
    if kind not in _MROS:
        _MROS[kind] = tuple(base.__name__ for base in kind.__mro__ if base is not object)
    groups = getattr(cell, "group", getattr(cell, "groups", 1))
    weight = cell._params.get("weight")
    return _Options(
        _MROS[kind],
        groups if isinstance(groups, int) and groups > 0 else 1,
        any("Transpose" in name for name in _MROS[kind]),
        None if weight is None else tuple(weight.shape),
    )


@lru_cache(maxsize=64)
def _dtype_name(dtype: object) -> str:
    return str(dtype).lower()


def _info(owners: tuple[Owner, ...], parameter: Parameter) -> ParamInfo:
    return ParamInfo(
        owners,
        tuple(parameter.shape),
        _dtype_name(parameter.dtype),
        bool(parameter.requires_grad),
        bool(parameter.has_init),
    )
