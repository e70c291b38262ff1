"""Constants and the plain distributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from ms_initkit import draws
from ms_initkit.formulas.base import Formula, Site


@final
@dataclass
class Normal(Formula):
    """Draws with mean ``mean`` and standard deviation ``sigma``, without truncation.

    Args:
        sigma: Standard deviation, >= 0. MindSpore's default is 0.01 (torch: 1, Keras: 0.05).
        mean: Mean.

    Sources: mindspore.common.initializer.Normal; torch.nn.init.normal_.
    """

    sigma: float = 0.01
    mean: float = 0.0

    def resolve(self, site: Site) -> draws.Draw:
        del site
        return draws.Normal(self.mean, self.sigma)
