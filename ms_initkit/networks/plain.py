"""What cells and configurations hold as plain data: numbers, flags, texts and tuples of whole numbers.

Only what is stored is looked at: nothing is called, and no property is run.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from mindspore.nn import Cell

Plain: TypeAlias = float | int | bool | str | tuple[int, ...]
Options: TypeAlias = tuple[tuple[str, Plain], ...]

# Under which names networks keep their configuration: mindone.transformers and mindformers, mindone.diffusers.
_KEPT_AS: Final = ("config", "_internal_dict")
_LONGEST_TEXT: Final = 200
_LONGEST_TUPLE: Final = 16
_DEEPEST: Final = 2
# What MindSpore keeps in every cell.
_OF_EVERY_CELL: Final = frozenset(
    (
        "arguments_key",
        "bprop_debug",
        "cell_init_args",
        "cell_type",
        "compile_cache",
        "enable_backward_hook",
        "grad_ops_label",
        "has_bprop",
        "is_top_cell",
        "mixed_precision_type",
        "requires_grad",
        "training",
    )
)


def is_plain(value: object) -> TypeGuard[Plain]:
    """Returns whether ``value`` is plain data, by its exact type: a subclass may run code of its own."""
    kind = type(value)
    if kind is float:
        return math.isfinite(value)  # type: ignore[arg-type]  # mypy does not narrow by `kind`
    if kind is int:
        return -(2**63) <= value < 2**63  # type: ignore[operator]
    if kind is str:
        return len(value) <= _LONGEST_TEXT  # type: ignore[arg-type]
    if kind is tuple:
        return len(value) <= _LONGEST_TUPLE and all(type(item) is int for item in value)  # type: ignore[arg-type,attr-defined]
    return kind is bool


def options_of(cell: Cell, wanted: Collection[str] | None = None) -> Options:
    """Returns the plain data that ``cell`` keeps under public names; ``wanted`` says which, None is all of it."""
    attributes = vars(cell)
    if wanted is not None:
        return tuple((name, attributes[name]) for name in wanted if is_plain(attributes.get(name)))
    return tuple(
        (name, value)
        for name, value in attributes.items()
        if name[0] != "_" and name not in _OF_EVERY_CELL and is_plain(value)
    )


def config_of(net: Cell) -> dict[str, Plain]:
    """Returns the plain data of the configuration that ``net`` keeps, or the first cell inside it that keeps one.

    A configuration inside another one is named with a dot: ``text_config.initializer_range``. Other names that a
    configuration has for its own (`attribute_map` of transformers) are known too.
    """
    cells, seen = [net], {id(net)}
    for cell in cells:  # grows while it is walked: those nearest to the network come first
        for name in _KEPT_AS:
            items = _items(vars(cell).get(name))
            if items:
                return dict(_flat(items, "", 0))
        children = [child for child in getattr(cell, "_cells", {}).values() if child is not None]
        cells += [child for child in children if id(child) not in seen]
        seen.update(map(id, children))
    return {}


def _items(config: object) -> dict[str, object]:
    """Returns what a configuration keeps, by name; empty if it is none."""
    if isinstance(config, dict):
        return {name: value for name, value in dict.items(config) if type(name) is str}
    try:
        kept = object.__getattribute__(config, "__dict__")
    except AttributeError:
        return {}
    if not isinstance(kept, dict):
        return {}
    items = {name: value for name, value in dict.items(kept) if type(name) is str}
    for other, name in _other_names(type(config)).items():
        if name in items:
            items.setdefault(other, items[name])
    return items


def _other_names(kind: type) -> Mapping[str, str]:
    found = next((vars(base)["attribute_map"] for base in kind.__mro__ if "attribute_map" in vars(base)), None)
    return dict(found) if type(found) is dict else {}


def _flat(items: Mapping[str, object], prefix: str, depth: int) -> Iterator[tuple[str, Plain]]:
    for name, given in items.items():
        if name[:1] == "_":
            continue
        value = tuple(given) if type(given) is list else given
        if is_plain(value):
            yield prefix + name, value
        elif depth < _DEEPEST and (isinstance(value, dict) or type(value).__name__.endswith("Config")):
            yield from _flat(_items(value), f"{prefix}{name}.", depth + 1)
