"""The random numbers: the value of an element is a pure function of (seed, name, its number in the whole tensor)."""

from ms_initkit.draws.windows import Index
from ms_initkit.stream.engine import Batch, Dtype, fill_many
from ms_initkit.stream.keys import VERSION, key, keys
from ms_initkit.stream.laws import WIDTH, Law, law_of
from ms_initkit.stream.pool import cores, set_threads, threads
from ms_initkit.stream.sampler import fill, sample
from ms_initkit.stream.table import DTYPES

__all__ = [
    "DTYPES",
    "VERSION",
    "WIDTH",
    "Batch",
    "Dtype",
    "Index",
    "Law",
    "cores",
    "fill",
    "fill_many",
    "key",
    "keys",
    "law_of",
    "sample",
    "set_threads",
    "threads",
]
