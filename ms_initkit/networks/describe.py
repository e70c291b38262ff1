"""Stage describe: a MindSpore network to ``ParamInfo``s. No values are read, but for the slopes of rectifiers."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from ms_initkit.draws.dtypes import dtype_name
from ms_initkit.networks.params import Owner, ParamInfo, Shapes
from ms_initkit.networks.plain import Options, options_of

if TYPE_CHECKING:
    from mindspore import Parameter
    from mindspore.nn import Cell


Described: TypeAlias = "tuple[tuple[ParamInfo, ...], tuple[Parameter, ...]]"


def describe(net: Cell, options: Collection[str] | None = None) -> tuple[ParamInfo, ...]:
    """Returns what is known of every parameter of ``net``, in the order in which the network walks them.

    A parameter that several cells hold is listed once, with all of its owners. A `MapParameter` is not: it is a hash
    table, with no values yet.

    Args:
        net: The network.
        options: Which of their cells' own options are read; None is all that are plain data.

    Raises:
        TypeError: If ``net`` is not a MindSpore cell.
    """
    return describe_with_parameters(net, options)[0]


def describe_with_parameters(net: Cell, options: Collection[str] | None = None) -> Described:
    """Returns ``describe(net, options)`` together with the parameters themselves, in the same order.

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
    owners: dict[int, dict[str, Owner]] = {}
    for prefix, cell in _walk(net):
        for claim, parameter in _claims(prefix, cell, options):
            if is_table(parameter):
                continue
            parameters.setdefault(id(parameter), parameter)
            claims = owners.setdefault(id(parameter), {})
            # A tuple of parameters lists them in a cell above, under the very names that they have in their own.
            if claim.name not in claims or "." in claims[claim.name].leaf:
                claims[claim.name] = claim
    infos = tuple(_info(tuple(owners[key].values()), parameter) for key, parameter in parameters.items())
    return infos, tuple(parameters.values())


def tables_of(net: Cell) -> list[str]:
    """Returns the names of the hash tables among the parameters of ``net``, which ``describe`` leaves out."""
    cells = getattr(net, "_cells", None)  # a parameter has none
    return (
        []
        if cells is None
        else [prefix + leaf for prefix, cell in _walk(net) for leaf, held in cell._params.items() if is_table(held)]
    )


def is_table(parameter: object) -> bool:
    """Returns whether it is a `MapParameter`: a hash table, whose values come to be when their keys are first seen."""
    return type(parameter).__name__ == "MapParameter"


def _walk(net: Cell) -> Iterator[tuple[str, Cell]]:
    """Yields cells in MindSpore's own order, but a cell that is held twice under each of its names."""
    yield "", net
    above = {id(net)}
    levels = [("", id(net), iter(net._cells.items()))]
    while levels:
        prefix, owner, children = levels[-1]
        for name, child in children:
            # MindSpore's walk leaves out empty lists of cells as it does None.
            if not child or id(child) in above:
                continue
            inner = f"{prefix}{name}."
            yield inner, child
            if child._cells:
                above.add(id(child))
                levels.append((inner, id(child), iter(child._cells.items())))
                break
        else:
            levels.pop()
            above.remove(owner)


class _Options(NamedTuple):
    """What a parameter's owner tells of its layout."""

    cell: tuple[str, ...]
    groups: int
    is_transposed: bool
    siblings: Shapes
    options: Options


def _claims(prefix: str, cell: Cell, wanted: Collection[str] | None) -> Iterator[tuple[Owner, Parameter]]:
    options = None
    for leaf, parameter in cell._params.items():
        if parameter is None:
            continue
        options = options or _options(cell, wanted)
        owner = Owner(prefix + leaf, leaf, *options)
        yield owner, parameter if parameter.inited_param is None else parameter.inited_param


def _options(cell: Cell, wanted: Collection[str] | None) -> _Options:
    mro, is_transposed, is_rectifier = _kind(type(cell))  # type: ignore[arg-type]  # classes are hashable, untyped ones too
    # Read where it is kept: asking a cell for what it has not costs ten times as much.
    attributes = vars(cell)
    groups = attributes.get("group", attributes.get("groups", 1))
    shapes = ((leaf, tuple(held.shape)) for leaf, held in cell._params.items() if held is not None)
    siblings = tuple((leaf, shape) for leaf, shape in shapes if len(shape) > 1)
    groups = groups if isinstance(groups, int) and groups > 0 else 1
    options = options_of(cell, wanted)
    if is_rectifier and (wanted is None or _SLOPE in wanted):
        options += _slope(cell)
    return _Options(mro, groups, is_transposed, siblings, options)


@lru_cache(maxsize=4096)
def _kind(kind: type) -> tuple[tuple[str, ...], bool, bool]:
    mro = tuple(base.__name__ for base in kind.__mro__ if base is not object)
    is_rectifier = kind.__name__ in _RECTIFIERS and kind.__module__.partition(".")[0] == "mindspore"
    return mro, any("Transpose" in name for name in mro), is_rectifier


# MindSpore's own, which keep the slope that they were made with as their value; under which option others keep it.
_RECTIFIERS: Final = ("PReLU", "PReLUExt")
_SLOPE: Final = "init"
_USUAL_SLOPE: Final = 0.25
_MOST_DIGITS: Final = 4  # of what a person chooses; of what was trained there are more


def _slope(cell: Cell) -> Options:
    """Returns, as an option, the slope that a rectifier was made with, if it is an unusual one.

    It is what the parameter holds: one number of few digits. After training it is not known any more.
    """
    parameter = next(iter(cell._params.values()), None)
    if parameter is None or parameter.has_init:
        return ()
    values = parameter.asnumpy().reshape(-1)
    text = str(values[0]) if values.size else "nan"
    value = float(text)
    is_chosen = len(text.strip("-0.").replace(".", "")) <= _MOST_DIGITS and math.isfinite(value)
    return ((_SLOPE, value),) if is_chosen and value != _USUAL_SLOPE and bool((values == values[0]).all()) else ()


def _info(owners: tuple[Owner, ...], parameter: Parameter) -> ParamInfo:
    return ParamInfo(
        owners,
        tuple(parameter.shape),
        dtype_name(parameter.dtype),
        bool(parameter.requires_grad),
        bool(parameter.has_init),
    )
