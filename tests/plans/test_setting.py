"""A tensor as one rule sees it: what its expressions know."""

from __future__ import annotations

import pytest

from ms_initkit.formulas.fans import Fans
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.setting import Setting, evaluated_whole, whole
from ms_initkit.plans.site import Tensor
from ms_initkit.syntax.expressions import Expression


@pytest.fixture
def setting() -> Setting:
    info = ParamInfo((Owner("h.3.w", "w", ("Dense", "Cell"), siblings=(("w", (6, 4)),)),), (6, 4))
    return Setting({"sigma": 0.5, "i": 9}, {"i": 3, "cell.width": 7}, Tensor.of(info, info.owners[0], None), None)


def test_captures_go_before_variables_and_fans_are_known_where_they_are_told(setting: Setting) -> None:
    known = setting.environment(Fans(4, None))

    assert known == {"sigma": 0.5, "i": 3, "cell.width": 7, "shape": (6, 4), "ndim": 2, "fan_in": 4}
    assert "fan_in" not in setting.environment(None)


def test_a_block_has_its_own_shape_and_fans(setting: Setting) -> None:
    block = setting.block(0, 2)

    assert setting.fans() == Fans(4, 6)
    assert block.environment(None)["shape"] == (2, 4)
    assert block.fans() == Fans(4, 2)


def test_what_is_to_be_whole_is() -> None:
    assert whole(3.0, "a row") == 3
    assert evaluated_whole(Expression("i / 2"), {"i": 4}, "a row") == 2
    with pytest.raises(ValueError, match=r"a row must be whole, not 1\.5"):
        evaluated_whole(Expression("i / 2"), {"i": 3}, "a row")
