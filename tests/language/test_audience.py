"""For which networks a recipe says it is."""

from __future__ import annotations

import pytest

from ms_initkit.language.audience import Audience, Classes, Sign
from ms_initkit.language.selector_tests import Shape
from ms_initkit.syntax.globs import Glob
from tests.language.written import load, refused

RULES = "rules: [{match: '**', init: zeros}]\n"


def audience(head: str) -> Audience:
    return load(f"family: x\n{head}\n{RULES}").audience


def test_classes_are_of_a_package_or_of_any() -> None:
    found = audience("networks: {mindone: [Bert, 'T5*'], mindcv: resnet}\nalternatives: Net")

    assert found.networks == (Classes("mindone", ("Bert", "T5*")), Classes("mindcv", ("resnet",)))
    assert found.alternatives == (Classes("", ("Net",)),)
    assert found.signature == ()


def test_a_signature_has_names_and_shapes() -> None:
    found = audience("signature: ['**.fc.weight', {name: '**.w', shape: [any, 4]}]\ntopics: [text, sound]")

    assert found.signature == (Sign(Glob("**.fc.weight")), Sign(Glob("**.w"), Shape((None, 4))))
    assert found.topics == ("text", "sound")


def test_it_may_stand_behind_the_rules() -> None:
    assert load(f"family: x\n{RULES}networks: {{pkg: Net}}\nvars:\n  a: 1\n").audience.networks == (
        Classes("pkg", ("Net",)),
    )


@pytest.mark.parametrize(
    ("head", "code", "at"),
    [
        ("signature: {name: '**.w', cell: Dense}", "unknown-key", "cell"),
        ("signature: {shape: [any]}", "missing-key", "{shape: [any]}"),
        ("signature: ['a..b']", "bad-glob", "."),
        ("networks: {pkg: 'a b'}", "wrong-type", "'a b'"),
        ("networks: []", "wrong-type", "[]"),
    ],
)
def test_what_is_no_audience_is_refused_where_it_is_wrong(head: str, code: str, at: str) -> None:
    assert refused(f"family: x\n{head}\n{RULES}") == [(code, at)]
