"""Commands that need no network: check, list, initializers, schema. None imports MindSpore."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ms_initkit.cli.answers import FINDINGS, AsJson, report_findings, say
from ms_initkit.findings import RecipeError
from ms_initkit.language.load import load_recipe

if TYPE_CHECKING:
    from ms_initkit.findings import Finding


def check(
    recipes: Annotated[list[str], typer.Argument(help="Paths, or names of shipped recipes.")],
    as_json: AsJson = False,
) -> None:
    """Checks recipes by themselves, without a network and without importing MindSpore."""
    findings: list[Finding] = []
    for name in recipes:
        try:
            load_recipe(name)
        except RecipeError as error:
            # A parent's fault is found again with each of its children.
            findings += [finding for finding in error.findings if finding not in findings]
    report_findings(findings, as_json=as_json)
    if findings:
        raise typer.Exit(FINDINGS)
    if not as_json:
        say(f"{len(recipes)} recipe{'s' if len(recipes) != 1 else ''}: nothing found")


def list_(as_json: AsJson = False) -> None:
    """Lists the shipped recipes."""
    from ms_initkit.language.library import shipped

    rows = [{"name": entry.name, "description": entry.description} for entry in shipped()]
    if as_json:
        say(json.dumps(rows, indent=1))
        return
    width = max(len(row["name"]) for row in rows)
    say("\n".join(f"{row['name']:{width}}  {row['description']}".rstrip() for row in rows))


list_.__name__ = "list"


def initializers(as_json: AsJson = False) -> None:
    """Lists the initializers with their arguments."""
    from ms_initkit import formulas

    rows = []
    for name in formulas.names():
        formula = formulas.find(name)
        assert formula is not None
        arguments = [argument.name for argument in formulas.arguments(formula)]
        rows.append({"name": name, "arguments": arguments, "what": (formula.__doc__ or "").split("\n")[0]})
    if as_json:
        say(json.dumps(rows, indent=1))
        return
    say("\n".join(f"{row['name']}({', '.join(row['arguments'])})\n    {row['what']}" for row in rows))


def schema() -> None:
    """Prints the JSON Schema of the recipe language, for editors."""
    from ms_initkit.language.schema import recipe_schema

    say(json.dumps(recipe_schema(), indent=1))


COMMANDS: Final = (check, list_, initializers, schema)
