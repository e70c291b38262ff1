"""Which slice of which global parameter a local one is: layouts as data, and a rank's part of a plan."""

from ms_initkit.layouts.python import layout, place, rename, split, stretch
from ms_initkit.layouts.rules import Layout, Position, over_axes, template

__all__ = ["Layout", "Position", "layout", "over_axes", "place", "rename", "split", "stretch", "template"]
