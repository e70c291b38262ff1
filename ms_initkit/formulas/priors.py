"""Biases that make an untrained network say what is known of the data beforehand."""

# ruff: noqa: D102 (check and resolve are documented by Formula)

from __future__ import annotations

from typing import Annotated

from ms_initkit import draws
from ms_initkit.formulas.base import Formula, Site, initializer
from ms_initkit.formulas.elementary import constant
from ms_initkit.formulas.kinds import Alias, Range

_Prior = Annotated[
    float | tuple[float, ...], Range(0.0, 1.0, excludes_low=True, excludes_high=True), Alias(("prior", "pi"))
]


@initializer("bias_prob")
class PriorProbability(Formula):
    """Every element is -log((1 - p) / p): a sigmoid on top starts at p.

    Args:
        probability: p, above 0 and below 1; 0.01 for the rare class of a detector (-4.59512). A list has one for each
            class (row).

    Sources: Lin et al. 2017, section 4.1 (arXiv:1708.02002); mmengine.model.bias_init_with_prob.
    """

    probability: _Prior = 0.01

    def resolve(self, site: Site) -> draws.Draw:
        from ms_initkit.draws import portable

        def logit(p: float) -> float:
            return -portable.log((1.0 - p) / p)

        p = self.probability
        return constant(site, tuple(map(logit, p)) if isinstance(p, tuple) else logit(p))
