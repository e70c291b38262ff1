"""Every recipe is held against the reference implementation that it follows, parameter by parameter."""

from __future__ import annotations

import pytest

from tests.reference.comparison import Family, counterpart, differences, families, plan_of

FAMILIES = families()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_plan_is_what_the_reference_draws(family: Family) -> None:
    seen = family.seen
    wrong, used = [], set()

    for line in plan_of(family).assignments:
        entry, reference_name = counterpart(family.names, line.stream)
        if reference_name is None:
            continue
        if reference_name not in seen:
            wrong.append(f"{line.name}: the reference has no {reference_name} (table entry {entry!r})")
            continue
        used.add(reference_name)
        wrong += [
            f"{line.name} ({reference_name}): {text}"
            for text in differences(line, seen[reference_name])
            if entry not in family.differs
        ]
    unpaired = [
        name for name in seen if name not in used and not any(_fits(glob, name) for glob in family.reference_only)
    ]

    assert not wrong, "\n".join(wrong)
    assert not unpaired, f"parameters of the reference without a counterpart: {unpaired}"


def _fits(pattern: str, name: str) -> bool:
    try:
        counterpart({pattern: None}, name)
    except KeyError:
        return False
    return True
