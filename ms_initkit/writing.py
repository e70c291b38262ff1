"""Where values go: into the storage that a parameter has, or through `set_data` where it has none on this host."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from mindspore import Tensor, get_context
from mindspore.common import dtype as mstype

from ms_initkit import stream
from ms_initkit.drawing import FLOATS, fill_line, storage
from ms_initkit.draws import Keep
from ms_initkit.findings import ApplyError, Finding
from ms_initkit.pages import fresh_array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mindspore import Parameter
    from numpy.typing import NDArray

    from ms_initkit.plans import Assignment

    Array = NDArray[np.generic]

# Elements drawn before they are copied to a device: 64 MiB of float32.
_DEVICE_CHUNK: Final = 1 << 24


class Target(NamedTuple):
    """A line of a plan and the parameter it is for. A NamedTuple, since thousands are made in each apply."""

    line: Assignment
    parameter: Parameter


def write(targets: Sequence[Target], seed: int, progress: Callable[[int], None] | None = None) -> None:
    """Draws and writes every target; each was checked before.

    Raises:
        ApplyError: If it was interrupted by a fault; it names what had been written.
    """
    written: list[str] = []
    try:
        kept = [target for target in targets if isinstance(target.line.draw, Keep)]
        for chunk in _chunks([target for target in targets if not target.line.is_kept] if kept else targets):
            _write_chunk(chunk, seed, progress)
            written += [target.line.name for target in chunk]
        for target in kept:
            if target.parameter.has_init:
                _construct(target.parameter)
    except (MemoryError, ValueError, TypeError, RuntimeError, OSError) as error:
        raise ApplyError([_interruption(error, written, len(targets))]) from error


def _chunks(targets: Sequence[Target]) -> Iterable[list[Target]]:
    """Yields runs of targets that are drawn together: all that lie in host memory, the others a few at a time.

    What must be copied to a device is held twice for a moment, so a chunk of those is small.
    """
    if get_context("device_target") == "CPU":
        yield list(targets)
        return
    chunk: list[Target] = []
    size = 0
    for target in targets:
        chunk.append(target)
        size += target.line.size
        if size >= _DEVICE_CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _write_chunk(targets: Sequence[Target], seed: int, progress: Callable[[int], None] | None) -> None:
    addresses, fresh = _places(targets)
    plain, composed = _by_law(targets)
    if plain.numbers:
        stream.fill_many(_batch(plain, targets, addresses, seed), progress)
    for number in composed:
        line = targets[number].line
        fill_line(_view(addresses[number], line.local_shape, storage(line.dtype)), line, seed)
        if progress is not None:
            progress(line.size)
    for number, values in fresh.items():
        _give(targets[number].parameter, values)


class _Kind(NamedTuple):
    """What the parameters of one draw, shape and element type share, if they are drawn element by element."""

    law: stream.Law
    size: int
    dtype: int


@dataclass(frozen=True, slots=True)
class _Plain:
    """The targets of elementwise laws, drawn by one call: their numbers, the kinds there are, and which is whose."""

    numbers: list[int]
    kinds: list[_Kind]
    kind_of_each: list[int]


def _by_law(targets: Sequence[Target]) -> tuple[_Plain, list[int]]:
    """Returns the targets of elementwise laws, and the numbers of the others."""
    plain, composed = _Plain([], [], []), []
    # Parameters of one kind share their draw: its law is looked up once.
    known: dict[tuple[int, str, tuple[int, ...]], int | None] = {}
    for number, (line, _) in enumerate(targets):
        key = (id(line.draw), line.dtype, line.shape)
        place = known.get(key, -1)
        if place == -1:
            law = stream.law_of(line.draw) if line.dtype in FLOATS else None
            place = known[key] = None if law is None else len(plain.kinds)
            if law is not None:
                plain.kinds.append(_Kind(law, prod(line.shape), stream.DTYPES[line.dtype]))
        if place is None or line.window is not None:
            composed.append(number)
        else:
            plain.numbers.append(number)
            plain.kind_of_each.append(place)
    return plain, composed


def _batch(plain: _Plain, targets: Sequence[Target], addresses: Sequence[int], seed: int) -> stream.Batch:
    each = np.array(plain.kind_of_each, np.intp)
    return stream.Batch(
        np.array(addresses, np.uint64)[plain.numbers],
        np.array([kind.size for kind in plain.kinds], np.int64)[each],
        np.array(stream.keys(seed, [targets[number].line.stream for number in plain.numbers]), np.uint64),
        np.array([kind.law.id for kind in plain.kinds], np.int8)[each],
        np.array([kind.dtype for kind in plain.kinds], np.int8)[each],
        np.array([kind.law.parameters for kind in plain.kinds], np.float32)[each],
    )


def _view(address: int, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> Array:
    size = max(int(np.prod(shape, dtype=np.int64)), 0) * dtype.itemsize
    buffer = (ctypes.c_char * size).from_address(address)
    return np.frombuffer(memoryview(buffer), dtype).reshape(shape)


def _places(targets: Sequence[Target]) -> tuple[list[int], dict[int, Array]]:
    """Returns where each target is drawn: in its own storage if it is on this host, whole, and no other parameter's.

    Others are drawn into fresh arrays, which are returned by the target's number.
    """
    addresses = [0] * len(targets)
    if get_context("device_target") == "CPU":
        addresses = [
            parameter.data_ptr() if not parameter.has_init and parameter.is_contiguous() else 0
            for _, parameter in targets
        ]
    fresh: dict[int, Array] = {}
    # One pass is enough where every address is there and none is there twice, as almost always.
    if 0 in addresses or len(set(addresses)) < len(addresses):
        taken = {0}
        for number, address in enumerate(addresses):
            if address in taken:
                line, parameter = targets[number]
                dtype = np.dtype(mstype._dtype_to_nptype(parameter.dtype))
                fresh[number] = fresh_array(line.local_shape, dtype)
                addresses[number] = fresh[number].__array_interface__["data"][0]
            taken.add(address)
    _require_host_memory(targets, addresses, fresh)
    return addresses, fresh


def _require_host_memory(targets: Sequence[Target], addresses: Sequence[int], fresh: Mapping[int, Array]) -> None:
    """Holds MindSpore's account of where a parameter lies against its NumPy view, once per apply."""
    for number, (line, parameter) in enumerate(targets):
        if number not in fresh and line.dtype != "bfloat16":
            view = parameter.asnumpy()
            if view.ctypes.data != addresses[number] or not view.flags.writeable:
                raise RuntimeError(f"the storage of {line.name!r} is not where MindSpore says it is")
            return


def _construct(parameter: Parameter) -> None:
    """Gives a deferred parameter that is kept the values of its own constructor."""
    values = np.empty(tuple(parameter.shape), mstype._dtype_to_nptype(parameter.dtype))
    (parameter.init if parameter.init is not None else parameter.init_mode.init)(values)
    _give(parameter, values)


def _give(parameter: Parameter, values: Array) -> None:
    """Gives a parameter ``values`` as its storage, and takes its constructor's initializer from it.

    `Parameter.clone`, which averages of weights are made by, would go back to that one.
    """
    parameter.set_data(Tensor.from_numpy(values))
    parameter.init_mode = None


def _interruption(error: Exception, written: Sequence[str], total: int) -> Finding:
    if not written:
        note = "nothing is known to be whole: run it again"
    else:
        note = f"{len(written)} of {total} parameters had been written, the last {written[-1]!r}"
    return Finding(
        "interrupted-apply",
        f"writing stopped: {error}",
        "error",
        None,
        (note, "every value is a function of seed and name: applying again with the same seed completes it"),
    )
