"""Stage describe: a MindSpore network to ``ParamInfo``s. No values are read."""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np

from ms_initkit.draws.dtypes import dtype_name
from ms_initkit.networks.params import Owner, ParamInfo, Shapes
from ms_initkit.networks.plain import options_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mindspore import Parameter
    from mindspore.nn import Cell

    from ms_initkit.networks.plain import Options

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


class Held(NamedTuple):
    """A network's parameters in columns, each of them looked at once: to look again is to wait for memory again."""

    names: list[str]
    parameters: list[Parameter]
    shapes: list[tuple[int, ...]]
    dtypes: list[str]


def held(net: Cell) -> Held:
    """Returns the parameters of ``net``, each under the first name under which it walks them.

    Raises:
        TypeError: If ``net`` is not a MindSpore cell.
    """
    from mindspore.nn import Cell

    if not isinstance(net, Cell):
        infos, parameters = describe_with_parameters(net)
        columns = ([info.name for info in infos], [info.shape for info in infos], [info.dtype for info in infos])
        return Held(columns[0], list(parameters), *columns[1:])
    names, found = _walked(net)
    looks = list(map(_LOOK, found))
    if any(look[0] is not None for look in looks):
        found = [mine if look[0] is None else look[0] for mine, look in zip(found, looks, strict=True)]
        looks = list(map(_LOOK, found))
    if _has_twins(found):
        first: dict[int, int] = {}
        for place, parameter in enumerate(found):
            first.setdefault(id(parameter), place)
        kept = list(first.values())
        names, found, looks = [names[n] for n in kept], [found[n] for n in kept], [looks[n] for n in kept]
    return Held(names, found, [look[1] for look in looks], [dtype_name(look[2]) for look in looks])


def named_parameters(net: Cell) -> dict[str, Parameter]:
    """Returns the parameters of ``net`` by their names, as ``held`` has them."""
    return dict(zip(*held(net)[:2], strict=True))


_LOOK: Final = attrgetter("inited_param", "shape", "dtype")


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
        tensors = [place for place, parameter in enumerate(found) if not is_table(parameter)]
        names, found = [names[place] for place in tensors], [found[place] for place in tensors]
    return names, found


def _has_twins(parameters: Sequence[Parameter]) -> bool:
    """Returns whether one of them is there twice."""
    numbers = np.fromiter(map(id, parameters), np.uint64, len(parameters))
    numbers.sort()
    return bool((numbers[1:] == numbers[:-1]).any())


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
    mro, is_transposed = _kind(type(cell))  # type: ignore[arg-type]  # classes are hashable, untyped ones too
    # Read where it is kept: asking a cell for what it has not costs ten times as much.
    attributes = vars(cell)
    groups = attributes.get("group", attributes.get("groups", 1))
    shapes = ((leaf, tuple(held.shape)) for leaf, held in cell._params.items() if held is not None)
    siblings = tuple((leaf, shape) for leaf, shape in shapes if len(shape) > 1)
    groups = groups if isinstance(groups, int) and groups > 0 else 1
    return _Options(mro, groups, is_transposed, siblings, options_of(cell, wanted))


@lru_cache(maxsize=4096)
def _kind(kind: type) -> tuple[tuple[str, ...], bool]:
    mro = tuple(base.__name__ for base in kind.__mro__ if base is not object)
    return mro, any("Transpose" in name for name in mro)


def _info(owners: tuple[Owner, ...], parameter: Parameter) -> ParamInfo:
    return ParamInfo(
        owners,
        tuple(parameter.shape),
        dtype_name(parameter.dtype),
        bool(parameter.requires_grad),
        bool(parameter.has_init),
    )
