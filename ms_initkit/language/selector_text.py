"""A selector in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ms_initkit.language.recipe import Selector


def selector_text(selector: Selector) -> str:
    """Returns what ``selector`` asks for, such as ``name **.weight, cell Dense``."""
    tests = []
    if selector.names is not None:
        tests.append("name " + " or ".join(glob.text for glob in selector.names))
    if selector.regex is not None:
        tests.append(f"regex {selector.regex}")
    if selector.cells is not None:
        tests.append("cell " + " or ".join(selector.cells))
    if selector.leaves is not None:
        tests.append("param " + " or ".join(leaf.text for leaf in selector.leaves))
    if selector.ndims is not None:
        tests.append("ndim " + " or ".join(str(ndim) for ndim in selector.ndims))
    if selector.shape is not None:
        tests.append("shape [" + ", ".join("*" if n is None else str(n) for n in selector.shape) + "]")
    if selector.dtypes is not None:
        tests.append("dtype " + " or ".join(selector.dtypes))
    if selector.trainable is not True:
        tests.append(f"trainable {str(selector.trainable).lower()}")
    return ", ".join(tests)
