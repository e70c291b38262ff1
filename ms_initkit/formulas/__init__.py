"""Initializers as formulas: named, with checked arguments, and without a framework.

Importing it makes every shipped formula known by its names; it imports neither NumPy nor MindSpore.
"""

from ms_initkit.formulas import elementary, priors, recurrent, rwkv, scaling, sequences, state_space, structured
from ms_initkit.formulas.base import (
    Formula,
    Site,
    UnknownSite,
    UnknownSiteError,
    aliases,
    build,
    find,
    initializer,
    known,
    name_of,
    names,
    register,
    registered,
    snake_case,
    unregister,
)
from ms_initkit.formulas.fans import Fans
from ms_initkit.formulas.kinds import Argument, Range, arguments

SHIPPED: tuple[type[Formula], ...] = registered()

__all__ = [
    "SHIPPED",
    "Argument",
    "Fans",
    "Formula",
    "Range",
    "Site",
    "UnknownSite",
    "UnknownSiteError",
    "aliases",
    "arguments",
    "build",
    "elementary",
    "find",
    "initializer",
    "known",
    "name_of",
    "names",
    "priors",
    "recurrent",
    "register",
    "registered",
    "rwkv",
    "scaling",
    "sequences",
    "snake_case",
    "state_space",
    "structured",
    "unregister",
]
