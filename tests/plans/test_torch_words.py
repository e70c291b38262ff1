"""Attributes by torch's names are told MindSpore's."""

from __future__ import annotations

import pytest

from ms_initkit.findings import Finding
from ms_initkit.networks.params import ParamInfo
from ms_initkit.plans.bind import draft_plan
from tests.recipes import info, recipe


def left_over(rules: str, infos: list[ParamInfo]) -> Finding:
    _, findings = draft_plan(recipe(rules), infos, strict=True)
    (finding,) = findings
    return finding


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ("{cell: Linear}", "the nearest class is 'Dense'; "),
        ("{cell: ConvTranspose2d}", "the nearest class is 'Conv2dTranspose'; "),
        ("{cell: BatchNorm2d, param: weight}", "the nearest parameter is 'gamma'; "),
        ("{cell: BatchNorm2d, param: bias}", "the nearest parameter is 'beta'; "),
        ("{cell: Embedding, param: weight}", "the nearest parameter is 'embedding_table'; "),
        ("{param: running_mean}", "the nearest parameter is 'moving_mean'; "),
        ('"norm.weight"', "the nearest name is 'norm.gamma'; "),
        ('"**.words.weight"', "the nearest name is 'net.words.embedding_table'; "),
    ],
)
def test_what_torch_calls_otherwise_is_guessed(match: str, said: str) -> None:
    there = [
        info("head.weight"),
        info("up.weight", cell="Conv2dTranspose"),
        info("norm.gamma", cell="BatchNorm2d"),
        info("norm.beta", cell="BatchNorm2d"),
        info("norm.moving_mean", cell="BatchNorm2d"),
        info("net.words.embedding_table", cell="Embedding"),
    ]

    finding = left_over(f'{{match: {match}, init: ones}}\n{{match: "**", init: zeros}}', there)

    assert finding.code == "unused-rule"
    assert str(finding.help).startswith(said)


def test_what_torch_calls_otherwise_is_not_guessed_where_it_is_not_there() -> None:
    finding = left_over("{match: {cell: Linear}, init: ones}\n{match: head.*, init: 0}", [info("head.w", cell="Own")])

    assert str(finding.help).startswith("correct `match`")


def test_a_name_that_is_there_is_not_taken_for_one_of_torch() -> None:
    there = [info("head.weight"), info("norm.gamma", cell="BatchNorm2d")]

    finding = left_over('{match: {name: "**.weight", cell: Dens}, init: 1}\n{match: "**", init: 0}', there)

    assert str(finding.help).startswith("the nearest class is 'Dense'; ")
