"""The application and its exit codes: 0 clean, 1 findings, 2 could not run."""

from __future__ import annotations

from typing import Annotated

import typer

import ms_initkit
from ms_initkit.cli import materialize, networks, recipes, suggest
from ms_initkit.cli.answers import say

app = typer.Typer(
    name="ms-initkit",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for commands in (recipes.COMMANDS, networks.COMMANDS, materialize.COMMANDS, suggest.COMMANDS):
    for command in commands:
        app.command()(command)


def _say_version(is_asked: bool) -> None:
    if is_asked:
        say(f"ms_initkit {ms_initkit.__version__}")
        raise typer.Exit


@app.callback()
def application(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Initialises MindSpore networks from YAML recipes."""


def main() -> None:
    """Runs the command line."""
    app()
