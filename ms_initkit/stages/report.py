"""What an apply did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ms_initkit import stream
from ms_initkit.findings import counted
from ms_initkit.plans.plan import heading, summary

if TYPE_CHECKING:
    from ms_initkit.findings import Finding
    from ms_initkit.plans.plan import Plan


@dataclass(frozen=True, slots=True)
class Report:
    """The plan that was carried out, under which seed, and how long it took.

    Args:
        plan: What was written.
        seed: The seed, also where none was given.
        seconds: From describing the network to the last value.
        stream_version: Version of the random numbers; equal versions give equal values.
    """

    plan: Plan
    seed: int
    seconds: float
    stream_version: int = stream.VERSION

    @property
    def written(self) -> int:
        """Number of elements written."""
        return sum(line.size for line in self.plan.assignments if not line.is_kept)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The warnings and notes of the plan."""
        return self.plan.findings

    def __str__(self) -> str:
        """Returns the heading, the totals per rule and the findings."""
        return (
            f"{heading(self.plan)}\n{summary(self.plan)}\n"
            f"wrote {counted(self.written, 'element')} in {self.seconds:.2f} s with seed {self.seed} "
            f"(stream version {self.stream_version}, plan {self.plan.fingerprint})\n"
        )

    def to_json(self) -> str:
        """Returns the report as JSON text, the plan in it."""
        document = {
            "seed": self.seed,
            "seconds": self.seconds,
            "stream_version": self.stream_version,
            "fingerprint": self.plan.fingerprint,
            "written": self.written,
            "plan": json.loads(self.plan.to_json()),
        }
        return json.dumps(document, indent=1)
