"""The compiled kernels: loaded from a file of machine code, or compiled by numba and kept in one.

numba's own cache would have numba imported and set up in every process, which takes half a second; what numba has
compiled needs nothing of it. A file belongs to one processor, one numba and one state of the kernels' sources. Files
lie where numba would put its own: in the folder that ``NUMBA_CACHE_DIR`` names, or beside the sources, or in the user's
cache. Where none of them can be written to, every process compiles for itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import importlib
import os
import tempfile
import threading
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ms_initkit.stream import laws
from ms_initkit.stream.table import DTYPES, FIRST_CONVERSION

if TYPE_CHECKING:
    from collections.abc import Callable

# What the machine code is made of, from the package's folder.
_SOURCES: Final = (
    "stream/kernels.py",
    "stream/intrinsics.py",
    "stream/compiled.py",
    "stream/coefficients.py",
    "stream/laws.py",
    "stream/table.py",
    "draws/portable.py",
)
_LAWS: Final = {laws.UNIFORM: "uniform", laws.NORMAL: "normal", laws.TRUNCATED: "truncated", laws.FAR: "far"}
_CONVERSIONS: Final = {DTYPES[name]: name for name in ("float16", "bfloat16", "float64")}
_DIGEST: Final = 32

_lock = threading.Lock()
_ready: Final[set[tuple[int, int]]] = set()
_functions: Final = (ctypes.c_int64 * 16)()  # the addresses of laws and conversions, for ``fill``
# Every function begins with numba's two arguments, for a result and an exception; there is neither.
_result: Final = ctypes.c_void_p()
_RESULT: Final = ctypes.addressof(_result)
_FUNCTIONS: Final = ctypes.addressof(_functions)


def prepare(pairs: set[tuple[int, int]]) -> None:
    """Makes ready what ``fill`` will call for these laws and storage types.

    Raises:
        ImportError: If numba is not installed.
    """
    if pairs <= _ready:
        return
    for law, dtype in pairs:
        if law in _LAWS:
            _functions[law] = address(_LAWS[law])
        if dtype in _CONVERSIONS:
            _functions[FIRST_CONVERSION + dtype] = address(_CONVERSIONS[dtype])
    _ready.update(pairs)


def fill(rows: bytes | int, count: int, start: int, stop: int, past_caches: bool) -> None:
    """Writes elements ``start`` to ``stop`` of a table of tensors, without the interpreter's lock.

    Args:
        rows: The table or its address; ``table.ROW`` words each.
        count: Its rows.
        start: The first element, all rows' elements laid end to end.
        stop: The element after the last one.
        past_caches: Whether what is written had better not displace what the caches hold.
    """
    _fill()(_RESULT, None, rows, count, start, stop, past_caches, _FUNCTIONS)


@functools.cache
def _fill() -> Callable[..., int]:
    return _function("fill", ctypes.c_void_p, *(ctypes.c_int64,) * 5)


def call(unit: str, *arguments: int) -> None:
    """Calls any unit of ``kernels.UNITS``, for tests."""
    _function(unit, *(ctypes.c_uint64,) * len(arguments))(_RESULT, None, *arguments)


def _function(unit: str, *arguments: Any) -> Callable[..., int]:  # noqa: ANN401  # types of ctypes
    return ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *arguments)(address(unit))


_addresses: Final[dict[str, int]] = {}
_engines: Final[list[object]] = []  # they own the code


def address(unit: str) -> int:
    """Where the function of ``unit`` lies in memory.

    Raises:
        ImportError: If numba is not installed.
    """
    with _lock:
        if unit not in _addresses:
            name, code = _read(unit) or _compile(unit)
            _addresses[unit] = _load(name, code)
        return _addresses[unit]


def _renew_lock() -> None:
    """Gives a forked child a lock that no thread holds: the one that may have held its parent's is not there."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def _load(name: str, code: bytes) -> int:
    llvm, machine, _ = _target()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    found: int = engine.get_function_address(name)
    return found


def _compile(unit: str) -> tuple[str, bytes]:
    kernels = importlib.import_module("ms_initkit.stream.kernels")
    llvm, machine, _ = _target()
    name, text = kernels.llvm_ir(unit)
    code: bytes = machine().emit_object(llvm.parse_assembly(text))
    _keep(unit, name, code)
    return name, code


@functools.cache
def _target() -> tuple[Any, Callable[[], Any], str]:
    """LLVM, what makes its target machine for this processor, and the stamp that a file for it bears."""
    from llvmlite import __version__, binding

    with contextlib.suppress(RuntimeError):  # later versions need no such call, and refuse it
        binding.initialize()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    cpu, features = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
    target = binding.Target.from_default_triple()
    stamp = hashlib.blake2b(digest_size=12)
    try:
        versions = (metadata.version("numba"), __version__)
    except metadata.PackageNotFoundError as error:
        raise ImportError("numba is not installed") from error
    # Whatever numba is told may change what it makes, but where it would keep it.
    told = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("NUMBA_"))
    settings = [setting for setting in told if not setting.startswith("NUMBA_CACHE_DIR=")]
    for text in (*versions, target.triple, cpu, features, *settings):
        stamp.update(text.encode() + b"\0")
    package = Path(__file__).parent.parent
    for source in _SOURCES:
        stamp.update((package / source).read_bytes())
    return binding, lambda: target.create_target_machine(cpu, features, opt=3), stamp.hexdigest()


def _folders() -> list[Path]:
    """Where the files may lie, the best place first."""
    chosen = os.environ.get("NUMBA_CACHE_DIR", "").strip()
    if chosen:
        return [Path(chosen)]
    folders = [Path(__file__).parent / "__pycache__"]
    with contextlib.suppress(RuntimeError):  # a user without a home
        folders.append(Path(os.environ.get("XDG_CACHE_HOME", "").strip() or Path.home() / ".cache") / "ms_initkit")
    return folders


def _file_name(unit: str) -> str:
    return f"{unit}-{_target()[2]}.o"


def _read(unit: str) -> tuple[str, bytes] | None:
    """What ``_keep`` wrote; None if there is none, or it has been damaged."""
    for folder in _folders():
        with contextlib.suppress(OSError):
            content = (folder / _file_name(unit)).read_bytes()
            digest, rest = content[:_DIGEST], content[_DIGEST:]
            if hashlib.blake2b(rest, digest_size=_DIGEST).digest() == digest:
                name, code = rest.split(b"\n", 1)
                return name.decode(), code
    return None


def _keep(unit: str, name: str, code: bytes) -> None:
    """Writes a whole file or none: several processes may start at once."""
    content = name.encode() + b"\n" + code
    for folder in _folders():
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
                temporary = Path(file.name)
            try:
                temporary.write_bytes(hashlib.blake2b(content, digest_size=_DIGEST).digest() + content)
                temporary.chmod(0o644)
                temporary.replace(folder / _file_name(unit))
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
            return
