"""State space models: HiPPO, S4D, Mamba."""

# ruff: noqa: D102 (check and resolve are documented by Formula)

from __future__ import annotations

from typing import Annotated, Literal

from ms_initkit import draws
from ms_initkit.formulas.base import Formula, Site, initializer
from ms_initkit.formulas.kinds import Alias, Positive, Range


@initializer()
class MambaDtBias(Formula):
    """Draws softplus^-1(max(dt, floor)), dt = exp(U[log low, log high)).

    The softplus of the bias is a step size, log-uniform. With the defaults the values lie in [-6.9073,
    -2.2522].

    Args:
        low: The least step size, > 0.
        high: The greatest step size, > low.
        floor: What smaller steps are raised to, > 0.

    Sources: state-spaces/mamba mamba_ssm/modules/mamba_simple.py, dt_proj.bias, and mamba2.py, dt_bias (Gu &
    Dao 2023, arXiv:2312.00752).
    """

    low: Annotated[float, Range(low=0.0, excludes_low=True), Alias(("dt_min",))] = 0.001
    high: Annotated[float, Range(low=0.0, excludes_low=True), Alias(("dt_max",))] = 0.1
    floor: Annotated[float, Range(low=0.0, excludes_low=True), Alias(("dt_init_floor",))] = 1e-4

    def check(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low must be below high, not {self.low} and {self.high}")

    def resolve(self, site: Site) -> draws.Draw:
        del site
        from ms_initkit.draws import portable

        return draws.Edited(
            draws.Uniform(portable.log(self.low), portable.log(self.high)),
            (draws.Step("exp"), draws.Step("at_least", self.floor), draws.Step("inverse_softplus")),
        )


@initializer()
class MambaALog(Formula):
    """Sets A_log to log(1), log(2), ..., log(N) along the last axis: A = -exp(A_log) is S4D-Real.

    Sources: Gu et al. 2022 (S4D-Real, arXiv:2206.11893); state-spaces/mamba
    mamba_ssm/modules/mamba_simple.py, A_log. transformers' Mamba-2 has the same over its heads.
    """

    def resolve(self, site: Site) -> draws.Draw:
        if not site.shape:
            raise ValueError("a scalar has no states")
        return draws.Table("log_arange")


@initializer()
class Mamba2ALog(Formula):
    """Draws log(U[low, high)): A = -exp(A_log) is uniform, one per head.

    Args:
        low: The least -A, > 0.
        high: The greatest -A, > low.

    Sources: state-spaces/mamba mamba_ssm/modules/mamba2.py, A_init_range (Dao & Gu 2024, arXiv:2405.21060).
    """

    low: Positive = 1.0
    high: Positive = 16.0

    def check(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low must be below high, not {self.low} and {self.high}")

    def resolve(self, site: Site) -> draws.Draw:
        del site
        return draws.Edited(draws.Uniform(self.low, self.high), (draws.Step("log"),))


@initializer()
class HippoLegs(Formula):
    """Sets A[n, k] of HiPPO-LegS: -sqrt((2 n + 1) (2 k + 1)) below the diagonal, -(n + 1) on it, 0 above.

    The matrix lies in the last two axes, the same at every place of the others.

    Args:
        part: ``A`` for the matrix; ``B`` for the input vector sqrt(2 n + 1) along the last axis.

    Sources: Gu et al. 2020, theorem 2 (arXiv:2008.07669); Gu et al. 2022, equation 2 (S4, arXiv:2111.00396);
    state-spaces/s4 src/models/hippo/hippo.py, transition("legs").
    """

    has_structure = True

    part: Literal["A", "B"] = "A"

    def resolve(self, site: Site) -> draws.Draw:
        if self.part == "A" and (len(site.shape) < 2 or site.shape[-1] != site.shape[-2]):
            raise ValueError(f"the last two axes of {site.shape} are no square")
        if not site.shape:
            raise ValueError("a scalar has no states")
        return draws.Table("hippo_legs", (("part", self.part),))


@initializer()
class S4dImaginary(Formula):
    """Sets the imaginary parts of a diagonal state matrix along the last axis, one of each conjugate pair.

    N is the size of the state, twice the axis. ``lin``: pi n. ``inv``: (N / pi) (N / (2 n + 1) - 1).
    ``quad``: (2 n + 1)**2 / pi. The real parts are the constant -1/2, stored as log(1/2): a constant.
    S4D-Real has none; its log real parts are ``mamba_a_log``.

    Args:
        variant: ``lin``, ``inv`` or ``quad``.

    Sources: Gu et al. 2022 (S4D-Lin, S4D-Inv, arXiv:2206.11893); state-spaces/s4 src/models/hippo/dplr
    (quad), models/s4/s4d.py (lin).
    """

    variant: Literal["lin", "inv", "quad"] = "lin"

    def resolve(self, site: Site) -> draws.Draw:
        if not site.shape:
            raise ValueError("a scalar has no states")
        return draws.Table("s4d_imaginary", (("variant", self.variant),))
