"""What ranks say to each other, without the other ranks."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

from ms_initkit import Plan
from ms_initkit.stages.agreement import Statement, check_ranks, disagreement, statement

PLAN = Plan("test", "by hand", "", (), (), ())


def said(**fields: bytes) -> Statement:
    return Statement(b"", b"plan", b"", b"seed", b"version", b"layout")._replace(**fields)


def test_a_process_alone_agrees_with_itself() -> None:
    check_ranks(PLAN, 7)


def test_equal_statements_are_no_finding() -> None:
    assert disagreement([said()] * 4) is None


def test_the_smaller_camps_are_told_from_the_largest() -> None:
    finding = disagreement([said(), said(), said(seed=b"2"), said(), said(plan=b"2", layout=b"2"), said(seed=b"2")])

    assert str(finding) == (
        "error[rank-disagreement]: 6 ranks would not initialise one model: they are of 3 minds\n"
        "  = note: ranks 0-1, 3 agree\n"
        "  = note: ranks 2, 5 have another seed\n"
        "  = note: rank 4 has another plan and another layout\n"
        "  = help: give every rank the same recipe, variables, seed and version of ms_initkit; "
        "nothing was written by this check"
    )


def test_of_equal_camps_the_lowest_rank_is_the_measure() -> None:
    finding = disagreement([said(), said(version=b"2")])

    assert finding is not None
    assert finding.notes == ("rank 0 is the measure", "rank 1 has another version of the random numbers")


def test_plans_are_compared_within_a_part() -> None:
    stages = [said(part=b"0"), said(part=b"1", plan=b"2"), said(part=b"0"), said(part=b"1", plan=b"2")]

    assert disagreement(stages) is None
    finding = disagreement([*stages, said(part=b"1", plan=b"3"), said(part=b"0", plan=b"2")])
    assert finding is not None
    assert finding.notes == ("ranks 0-3 agree", "rank 4 has another plan", "rank 5 has another plan")


def test_seeds_are_compared_among_all_parts() -> None:
    finding = disagreement([said(part=b"0"), said(part=b"0"), said(part=b"1", plan=b"2", seed=b"2")])

    assert finding is not None
    assert finding.notes == ("ranks 0-1 agree", "rank 2 has another seed")


def test_recipes_are_compared_where_plans_may_differ() -> None:
    other = replace(PLAN, digest="another text")

    assert statement(PLAN, 7) == statement(other, 7)
    assert statement(PLAN, 7, part="stage 0") != statement(other, 7, part="stage 0")


def test_a_statement_tells_seeds_versions_and_layouts_apart() -> None:
    said = [statement(PLAN, 7), statement(PLAN, 8), statement(PLAN, 7, "layout")]
    with patch("ms_initkit.stream.VERSION", 2):
        said.append(statement(PLAN, 7))

    assert len(set(said)) == 4
    assert statement(PLAN, 7) == said[0]
