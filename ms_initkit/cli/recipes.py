"""Commands that need no network: check, list, show, initializers, schema. None imports MindSpore."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Final

import typer

from ms_initkit import formulas
from ms_initkit.cli.answers import FINDINGS, AsJson, answering, fitted, report_findings, say, tell, terminal_width
from ms_initkit.findings import Finding, RecipeError, counted
from ms_initkit.language.library import Shipped, others, shipped
from ms_initkit.language.load import load_recipe
from ms_initkit.language.text import location, recipe_text
from ms_initkit.syntax.source import read_file


def check(
    recipes: Annotated[list[str], typer.Argument(help="Paths, or names of shipped recipes.")], as_json: AsJson = False
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
        say(f"{counted(len(recipes), 'recipe')}: nothing found")


def list_(
    words: Annotated[
        list[str] | None, typer.Argument(help="Only recipes whose names or descriptions have all of these.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Lists the recipes by source, your own and other packages' last; code 1 if no recipe has the words."""
    more, findings = others()
    entries = [entry for entry in (*shipped(), *more) if all(entry.is_about(word) for word in words or ())]
    if as_json:
        say(json.dumps([asdict(entry) for entry in entries], indent=1))
    elif entries:
        say("\n\n".join(_paragraph(list(group)) for _, group in groupby(entries, attrgetter("source"))))
    else:
        tell(f"no recipe is about {' and '.join(words or ())}")
    report_findings(findings, as_json=False)
    if not entries:
        raise typer.Exit(FINDINGS)


def _paragraph(entries: Sequence[Shipped]) -> str:
    """Returns the recipes of one source, with their other names."""
    width, columns = max(len(entry.name) for entry in entries), terminal_width()
    lines = []
    for entry in entries:
        others = f" (also {', '.join(entry.aliases)})" if entry.aliases else ""
        others += f" (of {entry.package})" if entry.package else ""
        lines.append(fitted(f"{entry.name:{width}}  {entry.description}{others}".rstrip(), width + 2, columns))
    return "\n".join(lines)


list_.__name__ = "list"


def show(
    name: Annotated[str, typer.Argument(help="A recipe's name, or a path.")],
    flat: Annotated[
        bool, typer.Option("--flat", help="With all it inherits, in order, each with where it stands.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Shows a recipe: its text, or its rules with those it inherits, in the order in which they are tried."""
    with answering(as_json=as_json):
        recipe = load_recipe(name)
        if as_json:
            rules = [
                {"id": rule.id, "location": location(rule.span), "selects": str(rule.match), "does": str(rule)}
                for rule in recipe.rules
            ]
            document = {"family": recipe.family, "variables": [one.name for one in recipe.variables], "rules": rules}
            say(json.dumps(document, indent=1))
        else:
            if flat:
                tell(recipe_text(recipe))
            else:
                say(read_file(recipe.path).text)


def initializers(as_json: AsJson = False) -> None:
    """Lists the initializers with their arguments."""
    from ms_initkit.formulas.docstrings import docstring_of

    known = [(name, formulas.known(name)) for name in formulas.names()]
    rows = [(name, [one.name for one in formulas.arguments(made)], docstring_of(made).summary) for name, made in known]
    if as_json:
        document = [{"name": name, "arguments": arguments, "what": what} for name, arguments, what in rows]
        say(json.dumps(document, indent=1))
        return
    tell("\n".join(f"{name}({', '.join(arguments)})\n    {what}" for name, arguments, what in rows))


def schema(
    out: Annotated[Path | None, typer.Option("--out", help="A file to write it to, in place of the terminal.")] = None,
) -> None:
    """Prints the JSON Schema of recipes, by which editors complete, explain and check them."""
    from ms_initkit.language.schema import recipe_schema

    text = json.dumps(recipe_schema(), indent=1)
    if out is None:
        say(text)
        return
    with answering(as_json=False):
        from ms_initkit.files.whole import write_text

        write_text(out, f"{text}\n")
        say(f"{out}: the schema of recipes; an editor takes it by the line # yaml-language-server: $schema={out}")


COMMANDS: Final = (check, list_, show, initializers, schema)
