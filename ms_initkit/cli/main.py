"""The application and its exit codes: 0 clean, 1 findings, 2 could not run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import ms_initkit
from ms_initkit.cli import materialize, networks, recipes, suggest
from ms_initkit.cli.answers import refuse, say
from ms_initkit.language import library

app = typer.Typer(
    name="ms-initkit",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for panel, commands in (
    ("Recipes", recipes.COMMANDS),
    ("Networks", networks.COMMANDS + suggest.COMMANDS),
    ("Models that need not fit into memory", materialize.COMMANDS),
):
    for command in commands:
        app.command(rich_help_panel=panel)(command)


def _say_version(is_asked: bool) -> None:
    if is_asked:
        say(f"ms_initkit {ms_initkit.__version__}")
        raise typer.Exit


@app.callback()
def application(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_say_version, is_eager=True)
    ] = False,
    recipes_: Annotated[
        list[Path],
        typer.Option("--recipes", help="A folder whose recipes are known by name; may be repeated.", metavar="DIR"),
    ] = [],  # noqa: B006  # typer reads the default and never hands it out
    imports: Annotated[
        list[str],
        typer.Option("--import", help="A module or file that registers initializers of your own.", metavar="MODULE"),
    ] = [],  # noqa: B006
) -> None:
    """Initialises MindSpore networks from YAML recipes: checked before, identical everywhere, proven afterwards.

    Ends with 0 if all is well, 1 if something was found, 2 if it could not run.
    """
    for folder in recipes_:
        if not folder.is_dir():
            refuse(f"{folder}: no such folder")
    library.use_folders(recipes_)
    for name in imports:
        _import(name)


def _import(name: str) -> None:
    from ms_initkit.networks.construct import load_module

    try:
        load_module(name)
    except ValueError as error:
        refuse(error)


def main() -> None:
    """Runs the command line."""
    app()
