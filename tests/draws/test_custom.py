"""What a user's own initializer draws, checked before anything is written."""

from __future__ import annotations

import numpy as np
import pytest

from ms_initkit.draws.custom import Drawer, Values, draw_custom, drawers


def of_another_shape(shape: tuple[int, ...], key: int, values: Values) -> object:
    return np.zeros((*shape, 1))


def infinite(shape: tuple[int, ...], key: int, values: Values) -> object:
    return np.full(shape, np.inf)


def of_text(shape: tuple[int, ...], key: int, values: Values) -> object:
    return np.full(shape, "0.5")


def leaving(shape: tuple[int, ...], key: int, values: Values) -> object:
    raise SystemExit(3)


def too_large_for_half(shape: tuple[int, ...], key: int, values: Values) -> object:
    return np.full(shape, 1e5)


@pytest.mark.parametrize(
    ("drawer", "kind", "message"),
    [
        (of_another_shape, "float32", r"mine drew an array of shape \(3, 1\): must be \(3,\)"),
        (infinite, "float32", "mine drew numbers that are not finite in float32"),
        (too_large_for_half, "float16", "mine drew numbers that are not finite in float16"),
        (of_text, "float32", "mine raised TypeError: it returned <U3 and not real numbers"),
        (leaving, "float32", "mine raised SystemExit: 3"),
    ],
)
def test_what_cannot_be_values_is_refused(
    monkeypatch: pytest.MonkeyPatch, drawer: Drawer, kind: str, message: str
) -> None:
    monkeypatch.setitem(drawers, "mine", drawer)

    with pytest.raises(ValueError, match=message):
        draw_custom("mine", (), (3,), 1, kind)


def test_it_is_called_with_shape_key_and_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def mine(shape: tuple[int, ...], key: int, values: Values) -> object:
        asked.extend((shape, key, values))
        return np.arange(6).reshape(shape)

    monkeypatch.setitem(drawers, "mine", mine)

    found = draw_custom("mine", (("more", 0.5),), (2, 3), 7)

    assert asked == [(2, 3), 7, {"more": 0.5}]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.arange(6).reshape(2, 3))


def test_a_plan_of_another_process_names_what_is_missing() -> None:
    with pytest.raises(ValueError, match="no initializer of your own is called 'gone': import the module"):
        draw_custom("gone", (), (3,), 1)
