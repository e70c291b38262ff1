"""The application and its exit codes: 0 clean, 1 findings, 2 could not run."""

from __future__ import annotations

import typer

from ms_initkit.cli import materialize, networks, recipes, suggest

app = typer.Typer(
    name="ms-initkit",
    help="Initialises MindSpore networks from YAML recipes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for commands in (recipes.COMMANDS, networks.COMMANDS, materialize.COMMANDS, suggest.COMMANDS):
    for command in commands:
        app.command()(command)


def main() -> None:
    """Runs the command line."""
    app()
