"""Builds the kernels, and the page of the package from README.md; what the package is stands in setup.cfg."""

import re
import sys
from pathlib import Path

from setuptools import Extension, setup

sys.path.insert(0, str(Path(__file__).parent / "tools"))
from build_backend import BuildKernels

SOURCES = [f"ms_initkit/stream/{name}.c" for name in ("kernels", "keys", "pages", "module")]


def page() -> str:
    """Returns README.md without what only the repository has: pictures, and links to files."""
    text = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"^(English \||!\[).*\n\n", "", text, flags=re.MULTILINE)
    return re.sub(r"\[([^]]+)\]\((?!https?://)[^)]+\)", r"\1", text)


setup(
    long_description=page(),
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
