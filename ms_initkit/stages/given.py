"""What a stage is given where it takes a plan: a plan, or the report of one; a recipe is told what to do first."""

from __future__ import annotations

from ms_initkit.plans.plan import Plan


def given_plan(given: object, stage: str) -> Plan:
    """Returns the plan that ``given`` is, or that it is the report of.

    Raises:
        TypeError: If it is neither.
    """
    plan = getattr(given, "plan", given)
    if not isinstance(plan, Plan):
        raise TypeError(f"{stage} takes a plan, not {type(plan).__name__}: plan = ms_initkit.plan(net, recipe)")
    return plan
