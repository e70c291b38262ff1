"""The command line ``ms-initkit``."""

from ms_initkit.cli.main import main

__all__ = ["main"]
