"""Layouts made in Python: the functions that say what a file of a layout says."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ms_initkit.findings import Span
from ms_initkit.language.selector_tests import ANY, Name, Trainable
from ms_initkit.language.selectors import Selector
from ms_initkit.language.variables import Variable
from ms_initkit.layouts.cuts import Cut, Split, Stretch
from ms_initkit.layouts.mesh import RANK, SIZE, WORLD, ranks_along
from ms_initkit.layouts.names import Indices, Naming, Template
from ms_initkit.layouts.rules import Default, Layout, NameRule, PlaceRule
from ms_initkit.networks.params import ParamInfo
from ms_initkit.plans.variables import VariableValue
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.globs import Glob
from ms_initkit.syntax.grammar import RESERVED


def split(
    axis: int,
    over: str | Sequence[str] | None = None,
    *,
    parts: int | str | None = None,
    index: int | str | None = None,
    blocks: int | str | Sequence[int | str] | None = None,
    copies: int | str | Sequence[int | str] = 1,
) -> Split:
    """Returns even parts along ``axis``, over mesh axes or as ``parts`` and ``index`` say; expressions are text.

    Raises:
        ValueError: If it is said in both ways or in none, or a text is no expression.
    """
    if (over is None) != (parts is not None and index is not None) or (over is not None and parts is not None):
        raise ValueError("a split has `over`, or `parts` and `index`")
    axes = () if over is None else (over,) if isinstance(over, str) else tuple(over)
    counted = ranks_along(axes) if axes else (_expression(parts), _expression(index))
    ratio = None
    if blocks is not None:
        ratio = _expression(blocks) if isinstance(blocks, int | str) else tuple(map(_expression, blocks))
    times = (copies,) if isinstance(copies, int | str) else tuple(copies)
    return Split(axis, *counted, ratio, tuple(map(_expression, times)), axes, _here())


def stretch(axis: int, start: int | str, stop: int | str, extent: int | str, *, copies: int | str = 1) -> Stretch:
    """Returns the elements ``start`` to ``stop`` of an axis of length ``extent``; expressions are text.

    Raises:
        ValueError: If a text is no expression.
    """
    return Stretch(axis, _expression(start), _expression(stop), _expression(extent), _expression(copies), _here())


def rename(match: str | Sequence[str] | Selector, to: str | Mapping[str, int | str]) -> NameRule:
    """Returns how names that ``match`` selects are called globally: by a template, or by other indices.

    Example:
        >>> rename("layers.{i}.**", {"i": "i + pp_rank * layers_per_stage"})

    Raises:
        ValueError: If a text is no glob or no expression.
    """
    return NameRule("", _selector(match), _naming(to), False, None, _here())


def place(
    match: str | Sequence[str] | Selector,
    *cuts: Cut,
    shape: Sequence[int | str | None] | None = None,
    to: str | Mapping[str, int | str] | None = None,
    optional: bool = False,
    when: str | None = None,
) -> PlaceRule:
    """Returns the rule that cuts what ``match`` selects out of its global tensor; no cut is the whole.

    Raises:
        ValueError: If a text is no glob, expression or condition.
    """
    extents = None if shape is None else tuple(None if n is None else _expression(n) for n in shape)
    naming = None if to is None else _naming(to)
    condition = None if when is None else Expression(when, is_condition=True)
    return PlaceRule("", _selector(match), cuts, extents, naming, optional, condition, _here())


def layout(
    mesh: Mapping[str, int],
    rules: Sequence[PlaceRule],
    *,
    names: Sequence[NameRule] = (),
    vars: Mapping[str, VariableValue] | None = None,
    default: Default = "error",
    model: Sequence[ParamInfo] | None = None,
    name: str = "layout",
) -> Layout:
    """Returns a layout written in Python; rules are numbered from 1, and variables may be expressions.

    Raises:
        ValueError: If an axis or a variable has a name that means something else, or a size is below 1.
    """
    for axis, size in mesh.items():
        if not axis.isidentifier() or size < 1:
            raise ValueError(f"the mesh axis {axis!r} of size {size}: a word and a number of at least 1 are due")
    known = {*WORLD, *RESERVED, *(axis + end for axis in mesh for end in (RANK, SIZE))}
    for variable in vars or {}:
        if variable in known or not variable.isidentifier():
            raise ValueError(f"a variable of a layout cannot be called {variable!r}")
    here = _here()
    return Layout(
        name,
        "python",
        tuple(mesh.items()),
        tuple(Variable(key, _value(value), here) for key, value in (vars or {}).items()),
        tuple(replace(rule, id=rule.id or f"names {n}") for n, rule in enumerate(names, 1)),
        tuple(replace(rule, id=rule.id or str(n)) for n, rule in enumerate(rules, 1)),
        default,
        None if model is None else tuple(model),
    )


def _naming(to: str | Mapping[str, int | str]) -> Naming:
    if isinstance(to, str):
        return Template.of(to)
    return Indices(tuple((capture, _expression(value)) for capture, value in to.items()))


def _selector(match: str | Sequence[str] | Selector) -> Selector:
    if isinstance(match, Selector):
        return match
    globs = tuple(map(Glob, (match,) if isinstance(match, str) else match))
    return Selector((Name(globs), Trainable(ANY)), _here())


def _expression(value: float | str | None) -> Expression:
    return Expression(str(value))


def _value(value: VariableValue) -> Expression | str | bool:
    return value if isinstance(value, bool) else Expression(str(value))


def _here() -> Span:
    """Returns the line of the caller's code that a rule written in Python stands on."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    path, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(path, line).rstrip("\n")
    return Span(path, line, len(text) - len(text.lstrip()) + 1, max(len(text), 1) + 1, text)
