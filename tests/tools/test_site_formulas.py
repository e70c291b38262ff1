"""What the site makes of the formulas in docstrings."""

from __future__ import annotations

import pytest

from tools.site_formulas import typeset


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        (r"variance gain\*\*2 / fan", "variance gain<sup>2</sup> / fan"),
        (r"+-2\*\*(-k / 2), k = 3", "±2<sup>-k / 2</sup>, k = 3"),
        (r"c\*\*(1 + r\*\*0.3).", "c<sup>1 + r<sup>0.3</sup></sup>."),
        ("W W^T and softplus^-1(x)", "W W<sup>T</sup> and softplus<sup>-1</sup>(x)"),
        ("b = gain sqrt(3 / fan)", "b = gain √(3 / fan)"),
        ("`{uniform: 1 / sqrt(hidden)}` is sqrt(x)", "`{uniform: 1 / sqrt(hidden)}` is √(x)"),
        ("```yaml\nsigma: sqrt(2)\n```\nsqrt(2)", "```yaml\nsigma: sqrt(2)\n```\n√(2)"),
    ],
)
def test_powers_roots_and_signs_are_typeset_outside_of_code(plain: str, shown: str) -> None:
    assert typeset(plain) == shown
