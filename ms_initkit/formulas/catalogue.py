"""Every shipped formula, with the names it answers to besides its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ms_initkit.formulas import elementary

if TYPE_CHECKING:
    from ms_initkit.formulas.base import Formula

FORMULAS: Final[tuple[tuple[type[Formula], tuple[str, ...]], ...]] = (
    (elementary.Zeros, ("zero",)),
    (elementary.Ones, ("one",)),
    (elementary.Constant, ()),
    (elementary.Uniform, ()),
    (elementary.LogUniform, ()),
    (elementary.Normal, ()),
    (elementary.TruncatedNormal, ()),
    (elementary.TruncNormal, ()),
    (elementary.TruncNormalTf, ()),
    (elementary.Mixture, ()),
)
