"""``python -m ms_initkit`` is the command line."""

from ms_initkit.cli import main

main()
