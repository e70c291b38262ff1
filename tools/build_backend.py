"""How the kernels are compiled: setuptools' build backend, with a C compiler taken from PyPI where there is none.

The kernels are optional. Where they cannot be compiled, NumPy draws the same values, more slowly, and says so.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from setuptools import Extension, build_meta

# The hooks of PEP 517 and PEP 660 that are setuptools' own.
from setuptools.build_meta import (  # noqa: F401
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

Settings = Mapping[str, str | list[str] | None]

ZIG: Final = "ziglang==0.15.2"  # clang, and the libraries of many systems, in a wheel
# What decides a bit, or how fast it comes: environment variables like CFLAGS are not asked.
FLAGS: Final = (
    "-std=c11",
    "-O3",
    "-fPIC",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
    "-ffp-contract=off",  # a product and a sum are rounded one after the other
    "-fno-math-errno",
    "-fno-trapping-math",  # a square root is an instruction, and nobody looks at flags
)
# Instructions are put in an order in which more numbers stay in registers: Philox needs all there are. And what is
# joined stays joined in the order that is written: with what comes last, last.
FLAGS_OF_GCC: Final = ("-fschedule-insns", "-fsched-pressure", "-fno-tree-reassoc")
# The levels of x86-64 beside the baseline; zig spells them with underscores.
LEVELS: Final = {"v3": ("-march=x86-64-v3",), "v4": ("-march=x86-64-v4", "-mprefer-vector-width=512")}


def get_requires_for_build_wheel(config_settings: Settings | None = None) -> list[str]:
    """Returns what building a wheel needs: a compiler too, if there is none."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_compiler_to_install()]


def get_requires_for_build_editable(config_settings: Settings | None = None) -> list[str]:
    """Returns what an editable install needs: a compiler too, if there is none."""
    return [*build_meta.get_requires_for_build_editable(config_settings), *_compiler_to_install()]


def _compiler_to_install() -> list[str]:
    return [ZIG] if _installed_compiler() is None and _zig_target() else []


def _installed_compiler() -> list[str] | None:
    """The command of the system's C compiler: what ``CC`` says, what Python was built with, or the usual names."""
    for command in (os.environ.get("CC"), sysconfig.get_config_var("CC"), "cc", "gcc", "clang"):
        words = shlex.split(command or "")
        if words and shutil.which(words[0]):
            return words
    return None


def _zig_target() -> str | None:
    """This system in zig's words, its libraries old enough for any system of the kind; None if it is another one."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if machine not in {"x86_64", "aarch64"}:
        return None
    return {"linux": f"{machine}-linux-gnu.2.17", "darwin": f"{machine}-macos"}.get(sys.platform)


def _compiler() -> list[str]:
    installed, target = _installed_compiler(), _zig_target()
    if installed is not None:
        return installed
    if target is not None and importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc", "-target", target]
    raise CompileError("there is no C compiler: neither CC, cc, gcc nor clang, nor ziglang from PyPI")


class BuildKernels(build_ext):
    """Compiles ``kernels.c`` once for each level of the processor, and links it with ``module.c``."""

    def build_extension(self, ext: Extension) -> None:
        """Compiles ``ext``.

        Raises:
            CompileError: If it cannot be; setuptools goes on without what is optional.
        """
        compiler = _compiler()
        objects = Path(self.build_temp)
        objects.mkdir(parents=True, exist_ok=True)
        target = Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        kernels, *others, module = ext.sources
        macros = _call([*compiler, "-dM", "-E", "-x", "c", os.devnull])  # what it makes code for, and what it is
        levels = LEVELS if "__x86_64__" in macros else {}
        command = [*compiler, *FLAGS, *(() if "__clang__" in macros else FLAGS_OF_GCC)]
        linked = [_compile(command, kernels, objects / "baseline.o", "-DLEVEL=baseline")]
        for level, flags in levels.items():
            spelt = [flag.replace("x86-64-v", "x86_64_v") if "ziglang" in compiler else flag for flag in flags]
            linked.append(_compile(command, kernels, objects / f"{level}.o", f"-DLEVEL={level}", *spelt))
        linked += [_compile(command, source, objects / f"{Path(source).stem}.o") for source in others]
        include = sysconfig.get_path("include")
        has_levels = ["-DHAS_LEVELS"] if levels else []
        linked.append(_compile(command, module, objects / "module.o", f"-I{include}", *has_levels))
        # Whatever Python loads it has the functions of Python: they are looked up then.
        shared = ["-bundle", "-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-shared"]
        if "ziglang" in compiler:
            shared.append("-s")  # it brings along what debuggers want to know
        # A process that has the former file open keeps it: a new one takes its name.
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        _call([*compiler, *shared, *linked, "-o", str(unfinished)])
        unfinished.replace(target)


def _compile(command: list[str], source: str, target: Path, *flags: str) -> str:
    _call([*command, *flags, "-c", source, "-o", str(target)])
    return str(target)


def _call(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except OSError as error:
        raise CompileError(f"{shlex.join(command)}: {error}") from error
    except subprocess.CalledProcessError as error:
        raise CompileError(f"{shlex.join(command)}\n{error.stderr}") from error
    sys.stderr.write(done.stderr)
    return done.stdout
