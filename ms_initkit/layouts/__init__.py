"""Which slice of which global parameter a local one is: layouts as data, and a rank's part of a plan."""

from ms_initkit.layouts.ownership import check_ownership
from ms_initkit.layouts.python import layout, place, rename, split, stretch
from ms_initkit.layouts.rules import Layout, Position

__all__ = ["Layout", "Position", "check_ownership", "layout", "place", "rename", "split", "stretch"]
