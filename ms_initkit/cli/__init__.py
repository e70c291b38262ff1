"""The command line: ``ms-initkit check``, ``plan``, ``apply``, ``verify``, ``explain``, ``diff``, ``list`` and their kin."""

from ms_initkit.cli.main import main

__all__ = ["main"]
