"""Tables: values that follow from an element's place alone."""

# ruff: noqa: D102 (check and resolve are documented by Formula)

from __future__ import annotations

import math
from typing import Annotated, Literal, TypeAlias

from ms_initkit import draws
from ms_initkit.formulas.base import Formula, Site, initializer
from ms_initkit.formulas.kinds import Alias, Ambiguous, NotNegativeInteger, Positive, Range

Axis: TypeAlias = int
Base: TypeAlias = Annotated[float, Range(low=1.0, excludes_low=True), Alias(("temperature", "max_timescale"))]


@initializer("ramp")
class Linspace(Formula):
    """Sets element i along an axis to start + (stop - start) t**power, t = i / (n - 1): a ramp.

    Args:
        start: The first value.
        stop: The last value, or the one after it without ``endpoint``.
        power: Exponent, > 0: 1 is linear.
        endpoint: Whether t reaches 1; without it t = i / n. One element alone is ``start``.
        axis: Along which axis, the last by default.

    Sources: numpy.linspace; with a power, the decays and mixes of RWKV (Peng et al. 2023, arXiv:2305.13048).
    """

    start: float
    stop: float
    power: Positive = 1.0
    endpoint: bool = True
    axis: Axis = -1

    def resolve(self, site: Site) -> draws.Draw:
        return ramp(site, self.start, self.stop, self.power, self.endpoint, self.axis)


@initializer()
class Arange(Formula):
    """Sets element i along an axis to start + step i.

    The integral projection of a distribution over distances is this (0, 1, ..., 15).

    Args:
        start: The first value.
        step: The difference between neighbours.
        axis: Along which axis, the last by default. The bins of a (1, 16, 1, 1) kernel lie along axis 1. None (null)
            counts through all elements in C order, as ``numpy.arange(size).reshape(shape)``.

    Sources: numpy.arange; Li et al. 2020, Generalized Focal Loss (arXiv:2006.04388).
    """

    start: Annotated[float, Range(), Ambiguous("the number of values")] = 0.0
    step: float = 1.0
    axis: Axis | None = -1

    def resolve(self, site: Site) -> draws.Draw:
        counted: draws.Arguments = (("start", self.start), ("step", self.step))
        if self.axis is not None:
            counted = (*counted, ("axis", axis_of(site, self.axis)))
        return draws.Table("arange", counted)


@initializer("sinusoidal")
class Sinusoid(Formula):
    """Sets row p of a position table to sin and cos of p base**(-t).

    t rises from 0 towards 1 over the d / 2 frequencies. The last axis holds the d features, the one before it
    the positions.

    Args:
        layout: ``interleaved`` (sine, cosine, sine, ...) as the paper and most translations; ``halves`` (all
            sines, then all cosines) as tensor2tensor, fairseq, Marian and Whisper.
        endpoint: Whether the last frequency is exactly 1 / base: t = i / (d / 2 - 1) as tensor2tensor,
            fairseq and Whisper; without it t = i / (d / 2) as the paper and Marian.
        base: The longest wavelength over 2 pi, > 1.
        offset: The position of the first row.

    Sources: Vaswani et al. 2017, section 3.5 (arXiv:1706.03762: interleaved, no endpoint);
    transformers.models.marian.modeling_marian (halves, no endpoint); openai/whisper model.py, sinusoids
    (halves, endpoint).
    """

    layout: Literal["interleaved", "halves"] = "interleaved"
    endpoint: bool = False
    base: Base = 10000.0
    offset: int = 0

    def resolve(self, site: Site) -> draws.Draw:
        features(site, 2)
        if self.endpoint and site.shape[-1] < 4:
            raise ValueError("an endpoint needs at least two frequencies: four features")
        return draws.Table(
            "sinusoid",
            (("layout", self.layout), ("endpoint", self.endpoint), ("base", self.base), ("offset", self.offset)),
        )


@initializer("sinusoid_2d", "sincos_2d")
class SinusoidGrid(Formula):
    """Sets the row of a cell (y, x) to sin(x w), cos(x w), sin(y w), cos(y w), w = base**(-t).

    The last axis holds the d features, d / 4 frequencies each with t = i / (d / 4); the one before it the
    cells, row by row, after ``extra_rows`` rows of zeros.

    Args:
        height: Rows of the grid; 0 takes the grid as square.
        width: Columns of the grid; 0 takes the grid as square.
        extra_rows: Rows of zeros before the grid, as for a class token.
        order: ``xy`` has the column's features first, as MAE and DiT (which call it h); ``yx`` the row's.
        endpoint: Whether the last frequency is exactly 1 / base, t = i / (d / 4 - 1), as in big_vision.
        base: The longest wavelength over 2 pi, > 1.

    Sources: facebookresearch/mae util/pos_embed.py, get_2d_sincos_pos_embed (He et al. 2022,
    arXiv:2111.06377); facebookresearch/DiT models.py; google-research/big_vision models/vit.py,
    posemb_sincos_2d (endpoint).
    """

    height: NotNegativeInteger = 0
    width: NotNegativeInteger = 0
    extra_rows: Annotated[int, Range(low=0), Alias(("extra_tokens",))] = 0
    order: Literal["xy", "yx"] = "xy"
    endpoint: bool = False
    base: Base = 10000.0

    def resolve(self, site: Site) -> draws.Draw:
        features(site, 4)
        if self.endpoint and site.shape[-1] < 8:
            raise ValueError("an endpoint needs at least two frequencies: eight features")
        cells = site.shape[-2] - self.extra_rows
        height, width = self.height, self.width
        if not height and not width:
            height = width = math.isqrt(max(cells, 0))
        if height * width != cells or cells < 1:
            grid = f"{height} x {width}" if self.height or self.width else "square"
            raise ValueError(f"{site.shape[-2]} rows less {self.extra_rows} are no {grid} grid: give height and width")
        return draws.Table(
            "sinusoid_grid",
            (
                ("width", width),
                ("extra_rows", self.extra_rows),
                ("order", self.order),
                ("endpoint", self.endpoint),
                ("base", self.base),
            ),
        )


def ramp(
    site: Site, start: float, stop: float, power: float = 1.0, endpoint: bool = True, axis: int = -1
) -> draws.Table:
    """Returns the table of a ramp along ``axis``.

    Raises:
        ValueError: If there is no such axis.
    """
    return draws.Table(
        "linspace",
        (("start", start), ("stop", stop), ("power", power), ("endpoint", endpoint), ("axis", axis_of(site, axis))),
    )


def axis_of(site: Site, axis: int) -> int:
    """Returns ``axis`` counted from the front.

    Raises:
        ValueError: If there is no such axis.
    """
    if not -len(site.shape) <= axis < len(site.shape):
        raise ValueError(f"axis {axis} does not exist in the shape {site.shape}")
    return axis % len(site.shape)


def features(site: Site, parts: int) -> None:
    """Checks that a position table's features fall into equal parts.

    Raises:
        ValueError: If they do not, or there are no positions.
    """
    if len(site.shape) < 2 or site.shape[-1] % parts or not site.shape[-1]:
        raise ValueError(
            f"(..., positions, features) with features in multiples of {parts} is needed, not {site.shape}"
        )
