"""What an apply did.

What looks at values is imported when a report is asked for it: most applies are not, and each of them begins with this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ms_initkit import stream
from ms_initkit.basis.records import record
from ms_initkit.files.whole import write_text
from ms_initkit.findings import Finding, counted
from ms_initkit.plans.plan import Plan, heading, summary

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mindspore.nn import Cell

    from ms_initkit.stages.reports.measure import Measured


@record
class Report:
    """The plan that was carried out, under which seed, and how long it took.

    Args:
        plan: What was written.
        seed: The seed, also where none was given.
        seconds: From describing the network to the last value.
        stream_version: Version of the random numbers; equal versions give equal values.
        net: The network, which is measured when the report is asked for statistics.
        digests: Of parameters that were made of values which have been written over, or keep some rows: name and digest
            of what they hold.
    """

    plan: Plan
    seed: int
    seconds: float
    stream_version: int = stream.VERSION
    net: Cell | None = field(default=None, compare=False)
    digests: tuple[tuple[str, str], ...] = ()

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

    def __repr__(self) -> str:
        return f"<Report: {self._said()}; {self.plan!r}>"

    def _repr_html_(self) -> str:
        """Returns what notebooks show."""
        return f"<p>{escape(self._said())}</p>{self.plan._repr_html_()}"

    def to_json(self) -> str:
        """Returns the report as JSON text, the plan in it."""
        return json.dumps(self._document(), indent=1)

    def measure(self) -> dict[str, Measured]:
        """Returns mean, standard deviation, bounds and histogram of every parameter, as it is now, by name.

        Raises:
            ValueError: If the report has no network.
            ApplyError: If the network is no longer the one that the plan was made for.
        """
        from ms_initkit.stages.reports.measure import measure

        return measure(self._network(), self.plan)

    def to_html(self, path: str | Path, *, before: Mapping[str, Measured] | None = None) -> Path:
        """Writes one HTML page that needs nothing else: verdict, findings, laws, scales, every parameter.

        The values are measured and verified as they are now: of a trained network the page says so.

        Args:
            path: Where to write it; it should end in .html.
            before: What ``measure`` returned at another time, or under another recipe; shown beside.

        Raises:
            ValueError: If the report has no network.
            ApplyError: If the network is no longer the one that the plan was made for.
            OSError: If the file cannot be written.
        """
        target = Path(path)
        write_text(target, self._page(before))
        return target

    def plot(self) -> Figure:
        """Returns a figure of matplotlib: the standard deviation of every drawn parameter, and what was planned.

        Raises:
            ImportError: If matplotlib is not installed: ``pip install 'ms-initkit[report]'``.
        """
        from ms_initkit.stages.reports.plot import plot

        return plot(self.plan, self.measure())

    def to_file_json(self) -> str:
        """Returns the report as JSON text, with what was measured and what verify found."""
        document = self._document()
        document["measured"] = {name: values.to_json() for name, values in self.measure().items()}
        document["verdict"] = [finding.to_json() for finding in self._verdict()]
        return json.dumps(document, indent=1)

    def to_file_text(self) -> str:
        """Returns the report as text: the plan, a line of statistics for every parameter, the totals."""
        from ms_initkit.stages.reports.text import measured_text

        verdict = self._verdict()
        said = "\n".join(map(str, verdict)) or f"verified: bit for bit the values of seed {self.seed}"
        return f"{self.plan}\n{measured_text(self.measure())}\n{self}{said}\n"

    def _said(self) -> str:
        return f"{counted(self.written, 'element')} written in {self.seconds:.2f} s with seed {self.seed}"

    def _document(self) -> dict[str, object]:
        return {
            "seed": self.seed,
            "seconds": self.seconds,
            "stream_version": self.stream_version,
            "fingerprint": self.plan.fingerprint,
            "written": self.written,
            **({"digests": dict(self.digests)} if self.digests else {}),
            "plan": json.loads(self.plan.to_json()),
        }

    def _page(self, before: Mapping[str, Measured] | None) -> str:
        from ms_initkit.stages.reports.page import report_html

        name, now = type(self._network()).__name__, datetime.now().astimezone()
        return report_html(self, name, self.measure(), self._verdict(), now, before)

    def _verdict(self) -> tuple[Finding, ...]:
        from ms_initkit.stages.verify import verify

        return verify(self._network(), self, seed=self.seed)

    def _network(self) -> Cell:
        if self.net is None:
            raise ValueError("this report has no network to measure: it was not made by apply")
        return self.net
