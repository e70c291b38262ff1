"""Builds the kernels; what the package is stands in setup.cfg."""

import sys
from pathlib import Path

from setuptools import Extension, setup

sys.path.insert(0, str(Path(__file__).parent / "tools"))
from build_backend import BuildKernels

SOURCES = [f"ms_initkit/stream/{name}.c" for name in ("kernels", "keys", "pages", "module")]

setup(
    ext_modules=[
        Extension(
            "ms_initkit.stream.kernels",
            SOURCES,
            depends=["ms_initkit/stream/kernels.h"],
            py_limited_api=True,
            optional=True,
        )
    ],
    cmdclass={"build_ext": BuildKernels},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
