"""Initialisation as a callback of MindSpore's ``Model.train``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mindspore.train import Callback

from ms_initkit.findings import ApplyError
from ms_initkit.language.documents import RecipeSource
from ms_initkit.language.recipe import Recipe
from ms_initkit.plans.plan import Plan
from ms_initkit.plans.variables import VariableValue
from ms_initkit.stages.apply import apply
from ms_initkit.stages.reports.files import check_report_path, write_report
from ms_initkit.stages.reports.report import Report
from ms_initkit.stages.verify import verify

if TYPE_CHECKING:
    from mindspore.train import RunContext


# By these, mindformers takes the values of a network from elsewhere.
_LOADING: Final = ("load_checkpoint", "resume_training")


class ApplyRecipe(Callback):
    """Initialises the network of a ``Model`` when its training first begins, and proves what was written.

    Training that goes on, by another ``train`` with the same callback, is left alone.

    Args:
        recipe: As ``apply`` takes it.
        seed: 0 to 2**64 - 1.
        vars: Values in place of the recipe's own variables.
        strict: Whether unmatched parameters and unused rules are errors.
        report: Where to write a report: .html, .json or .txt.

    Attributes:
        done: The report of the apply; None until training has begun.

    Raises:
        ValueError: If the report cannot be written there.

    Example:
        >>> model.train(10, data, callbacks=[mik.ApplyRecipe("resnet", seed=42, report="init.html")])
    """

    def __init__(
        self,
        recipe: Recipe | Plan | RecipeSource,
        *,
        seed: int,
        vars: Mapping[str, VariableValue] | None = None,
        strict: bool = True,
        report: str | Path | None = None,
    ) -> None:
        super().__init__()
        if report is not None:
            check_report_path(report)
        self.done: Report | None = None
        self._recipe, self._seed, self._vars, self._strict, self._report = recipe, seed, vars, strict, report

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> ApplyRecipe:
        """Returns the callback that a training's configuration asks for under ``init_recipe``.

        Args:
            config: A mapping, such as mindformers' ``MindFormerConfig``. Its ``init_recipe`` has ``recipe`` and
                ``seed`` and may have ``vars``, ``strict`` and ``report``.

        Raises:
            KeyError: If it has no ``init_recipe``.
            ValueError: If it also loads a checkpoint, which the recipe would draw over.
            TypeError: If ``init_recipe`` has other arguments.
        """
        wanted = dict(config["init_recipe"])
        loads = next((key for key in _LOADING if config.get(key)), None)
        if loads is not None:
            raise ValueError(f"the configuration has `{loads}` and `init_recipe`: what is loaded would be drawn over")
        return cls(wanted.pop("recipe"), **wanted)

    def on_train_begin(self, run_context: RunContext) -> None:
        """Applies, verifies and writes the report.

        Raises:
            RecipeError: As ``apply``.
            PlanError: As ``apply``.
            ApplyError: As ``apply``, or if what was written is not what the plan says.
        """
        if self.done is not None:
            return
        net = run_context.original_args().network
        done = apply(net, self._recipe, seed=self._seed, vars=self._vars, strict=self._strict)
        findings = verify(net, done, seed=self._seed)
        if findings:
            raise ApplyError(findings)
        if self._report is not None:
            write_report(done, self._report)
        self.done = done
