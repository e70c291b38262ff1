"""Steps that sum over axes: the axes that are meant, what is done over them, and how plans show it."""

from __future__ import annotations

import pytest

from ms_initkit.draws import functions
from ms_initkit.language.norms import Over
from tests.language.written import Matrix, refused_rule, rule


@pytest.mark.parametrize(
    ("over", "shape", "axes"),
    [
        (Over(), (2, 3, 4), (0, 1, 2)),
        (Over(axes=(1,)), (2, 3, 4), (1,)),
        (Over(axes=(-1, 0)), (2, 3, 4), (0, 2)),
        (Over(but=(0,)), (2, 3, 4), (1, 2)),
        (Over(but=(-1,)), (2, 3, 4), (0, 1)),
    ],
)
def test_axes_are_counted_from_either_end(over: Over, shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    assert over.of(shape) == axes


def test_an_axis_that_is_not_there_is_refused() -> None:
    for over in (Over(axes=(2,)), Over(but=(-3,))):
        with pytest.raises(ValueError, match=r"a tensor of shape \(2, 3\) has no axis"):
            over.of((2, 3))


@pytest.mark.parametrize(
    ("step", "done", "shown"),
    [
        ("normalize", functions.Normalize((0, 1), 1.0), "normalize"),
        ("{normalize: {axis: 1, to: 3}}", functions.Normalize((1,), 3.0), "normalize to 3 over axis 1"),
        ("{normalize: {except: 0}}", functions.Normalize((1,), 1.0), "normalize over all axes but 0"),
        (
            "{normalize: {norm: spectral, to: 2}}",
            functions.SpectralNormalize(2.0),
            "normalize its spectral norm to 2 by LAPACK",
        ),
        ("{norm: {axis: [0, 1]}}", functions.Norm((0, 1)), "norm over axis 0, 1"),
        ("{abs_mean: {axis: -1}}", functions.AbsMean((1,)), "abs_mean over axis -1"),
    ],
)
def test_what_is_written_is_what_is_done(step: str, done: functions.Functions, shown: str) -> None:
    (found,) = rule(f"{{match: '**', init: zeros, then: [{step}]}}").then

    assert found.resolve(Matrix()) == done  # type: ignore[arg-type]  # as much of it as these steps ask
    assert str(found) == shown


@pytest.mark.parametrize(
    ("step", "code", "at"),
    [
        ("{normalize: {axis: 0, except: 1}}", "conflicting-keys", "1"),
        ("{normalize: {norm: spectral, axis: 0}}", "conflicting-keys", "0"),
        ("{normalize: {norm: frobenius}}", "unknown-word", "frobenius"),
        ("{norm: {axis: a}}", "wrong-type", "a"),
        ("{abs_mean: {to: 1}}", "unknown-key", "to"),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_wrong(step: str, code: str, at: str) -> None:
    assert refused_rule(f"{{match: '**', init: zeros, then: [{step}]}}") == [(code, at)]
