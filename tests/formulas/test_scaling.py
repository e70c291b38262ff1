"""Laws that are scaled by fans, held against numbers of torch, JAX and Keras."""

from __future__ import annotations

import math

import pytest

from ms_initkit import draws
from ms_initkit.formulas import scaling
from ms_initkit.formulas.base import Formula, Site
from ms_initkit.formulas.fans import Fans
from tests.formulas.sampled import at
from tests.laws import CONV

# Standard deviations as torch 2.13 documents and computes them for (64, 32, 3, 3): fan-in 288, fan-out 576.
TORCH = {
    "xavier_normal_": (scaling.XavierNormal(), 0.04811252243246881),
    "xavier_normal_(gain=5/3)": (scaling.XavierNormal(5 / 3), 0.08018753738744802),
    "kaiming_normal_": (scaling.HeNormal(), 0.08333333333333333),
    "kaiming_normal_(a=0.2, fan_out)": (scaling.HeNormal(0.2, "fan_out"), 0.057781270440128034),
    "kaiming_normal_(nonlinearity=selu)": (scaling.HeNormal(nonlinearity="selu"), 0.04419417382415922),
    "kaiming_normal_(nonlinearity=tanh)": (scaling.HeNormal(nonlinearity="tanh"), 0.09820927516479827),
    "kaiming_normal_(nonlinearity=conv2d)": (scaling.HeNormal(nonlinearity="conv2d"), 0.05892556509887896),
}


@pytest.mark.parametrize("call", TORCH)
def test_normals_have_torchs_standard_deviation(call: str) -> None:
    formula, std = TORCH[call]

    draw = formula.resolve(at(*CONV))

    assert isinstance(draw, draws.Normal)
    assert draw.mean == 0
    assert draw.std == pytest.approx(std, rel=1e-14)


@pytest.mark.parametrize(
    ("formula", "bound"),
    [
        (scaling.XavierUniform(), math.sqrt(6 / (288 + 576))),
        (scaling.HeUniform(), math.sqrt(6 / 288)),
        (scaling.HeUniform(math.sqrt(5)), 1 / math.sqrt(288)),
        (scaling.LayerDefault(), 1 / math.sqrt(288)),
        (scaling.LecunUniform(), math.sqrt(3 / 288)),
        (scaling.VarianceScaling(2.0, "fan_geo_avg", "uniform"), math.sqrt(3 * 2 / math.sqrt(288 * 576))),
    ],
)
def test_uniforms_have_their_bound(formula: Formula, bound: float) -> None:
    draw = formula.resolve(at(*CONV))

    assert isinstance(draw, draws.Uniform)
    assert draw.low == pytest.approx(-bound, rel=1e-14)
    assert draw.high == pytest.approx(bound, rel=1e-14)


@pytest.mark.parametrize(
    ("mode", "n"), [("fan_in", 288), ("fan_out", 576), ("fan_avg", 432), ("fan_geo_avg", math.sqrt(288 * 576))]
)
@pytest.mark.parametrize("distribution", ["normal", "untruncated_normal"])
def test_variance_scaling_takes_every_fan(mode: scaling.Mode, n: float, distribution: scaling.Distribution) -> None:
    draw = scaling.VarianceScaling(3.0, mode, distribution).resolve(at(*CONV))

    assert draw == draws.Normal(0.0, pytest.approx(math.sqrt(3 / n), rel=1e-14))  # type: ignore[arg-type]  # approx


def test_a_corrected_truncated_normal_is_jaxs() -> None:
    draw = scaling.LecunNormal().resolve(at(*CONV))

    wide = math.sqrt(1 / 288) / 0.87962566103423978
    assert isinstance(draw, draws.TruncatedNormal)
    assert draw.std == pytest.approx(wide, rel=1e-14)
    assert (draw.low, draw.high) == (-2 * draw.std, 2 * draw.std)


def test_a_bias_takes_the_fans_of_its_weight() -> None:
    draw = scaling.LayerDefault().resolve(Site((64,), Fans(288, 576)))

    assert draw == draws.Uniform(-1 / math.sqrt(288), 1 / math.sqrt(288))
