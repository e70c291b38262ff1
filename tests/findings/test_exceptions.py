"""The exceptions that carry findings."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

import ms_initkit as mik
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


def test_notebooks_show_the_callers_lines_and_the_findings() -> None:
    with pytest.raises(RecipeError) as raised:
        mik.load_recipe("no-such-recipe")

    shown = "".join(raised.value._render_traceback_())

    assert 'mik.load_recipe("no-such-recipe")' in shown
    assert "language" not in shown
    assert shown.endswith(str(raised.value))


def test_notebooks_show_all_of_what_another_ones_code_raised() -> None:
    def raising() -> None:
        try:
            1 / 0  # noqa: B018  # for what it raises
        except ZeroDivisionError as error:
            raise PlanError([Finding.error("a", "found")]) from error

    with pytest.raises(PlanError) as raised:
        raising()

    assert "1 / 0" in "".join(raised.value._render_traceback_())


def test_a_warning_is_told_by_each_call_unless_it_is_filtered() -> None:
    program = (
        "import warnings, ms_initkit\n"
        "for _ in range(3): warnings.warn('found', ms_initkit.InitKitWarning, stacklevel=1)\n"
    )
    for options, times in (((), 3), (("-W", "ignore"), 0), (("-W", "once::UserWarning"), 1)):
        run = subprocess.run([sys.executable, *options, "-c", program], capture_output=True, text=True, check=True)
        assert run.stderr.count("InitKitWarning: found") == times, options
