"""The exceptions that carry findings."""

from __future__ import annotations

import pickle

from ms_initkit.findings import Finding, PlanError, RecipeError, Span

SPAN = Span("r.yaml", 14, 12, 21, "    init: {he_nromal: {mode: fan_out}}")


def test_an_exception_lists_its_findings_in_file_order_and_counts_them() -> None:
    late = Finding.error("b", "late", span=Span("r.yaml", 9, 1, 2))
    early = Finding.warning("a", "early", span=Span("r.yaml", 2, 1, 2))
    nowhere = Finding.error("c", "nowhere")

    error = RecipeError([nowhere, late, early])

    assert error.findings == (early, late, nowhere)
    assert str(error).endswith("error[c]: nowhere\n\n2 errors, 1 warning")


def test_a_caught_error_is_a_value_error_and_survives_pickling() -> None:
    error = PlanError([Finding.error("a", "x", span=SPAN)])

    assert isinstance(error, ValueError)
    assert pickle.loads(pickle.dumps(error)).findings == error.findings
