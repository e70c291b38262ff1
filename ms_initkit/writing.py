"""Where values go: into the storage that a parameter has, or through `set_data` where it has none on this host."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from mindspore import Tensor, get_context
from mindspore.common import dtype as mstype

from ms_initkit import stream
from ms_initkit.drawing import fill_line, storage
from ms_initkit.findings import ApplyError, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mindspore import Parameter
    from numpy.typing import NDArray

    from ms_initkit.plans import Assignment

    Array = NDArray[np.generic]

# Elements drawn before they are copied to a device: 64 MiB of float32.
_DEVICE_CHUNK: Final = 1 << 24
_WIDTHS: Final = frozenset({"float16", "bfloat16", "float32", "float64"})


class Target(NamedTuple):
    """A line of a plan and the parameter it is for. A NamedTuple, since thousands are made in each apply."""

    line: Assignment
    parameter: Parameter


class _Place(NamedTuple):
    """Where values are drawn: an address, and the fresh array that holds it where it is not the parameter's own."""

    target: Target
    address: int
    fresh: Array | None


def write(targets: Sequence[Target], seed: int, progress: Callable[[int], None] | None = None) -> None:
    """Draws and writes every target; each was checked before.

    Raises:
        ApplyError: If it was interrupted by a fault; it names what had been written.
    """
    written: list[str] = []
    try:
        for chunk in _chunks([target for target in targets if not _is_kept(target)]):
            _write_chunk(chunk, seed, progress)
            written += [target.line.name for target in chunk]
        for target in targets:
            if target.line.is_kept and target.parameter.has_init:
                _construct(target.parameter)
    except (MemoryError, ValueError, TypeError, RuntimeError, OSError) as error:
        raise ApplyError([_interruption(error, written, len(targets))]) from error


def _is_kept(target: Target) -> bool:
    return target.line.is_kept


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
    places = _places(targets)
    plain, composed = [], []
    # Parameters of one kind share their draw: its law is looked up once.
    laws: dict[int, stream.Law | None] = {}
    for place in places:
        line = place.target.line
        if id(line.draw) not in laws:
            laws[id(line.draw)] = stream.law_of(line.draw)
        law = laws[id(line.draw)] if line.dtype in _WIDTHS and line.window is None else None
        if law is None:
            composed.append(place)
        else:
            plain.append((place, law))
    if plain:
        stream.fill_many(_batch(plain, seed), progress)
    for place in composed:
        _fill(place, seed)
        if progress is not None:
            progress(place.target.line.size)
    for place in places:
        if place.fresh is not None:
            place.target.parameter.set_data(Tensor.from_numpy(place.fresh))


def _batch(plain: Sequence[tuple[_Place, stream.Law]], seed: int) -> stream.Batch:
    lines = [place.target.line for place, _ in plain]
    return stream.Batch(
        np.array([place.address for place, _ in plain], np.uint64),
        np.array([line.size for line in lines], np.int64),
        np.array(stream.keys(seed, [line.stream for line in lines]), np.uint64),
        np.array([law.id for _, law in plain], np.int8),
        np.array([stream.DTYPES[line.dtype] for line in lines], np.int8),
        np.array([law.parameters for _, law in plain], np.float32),
    )


def _fill(place: _Place, seed: int) -> None:
    line = place.target.line
    fill_line(_view(place.address, line.local_shape, storage(line.dtype)), line, seed)


def _view(address: int, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> Array:
    size = max(int(np.prod(shape, dtype=np.int64)), 0) * dtype.itemsize
    buffer = (ctypes.c_char * size).from_address(address)
    return np.frombuffer(memoryview(buffer), dtype).reshape(shape)


def _places(targets: Sequence[Target]) -> list[_Place]:
    """Returns where each target is drawn: its own storage if it is on this host, whole, and no other parameter's."""
    is_host = get_context("device_target") == "CPU"
    places: list[_Place] = []
    taken: set[int] = set()
    for target in targets:
        parameter = target.parameter
        if is_host and not parameter.has_init and parameter.is_contiguous():
            address = parameter.data_ptr()
            if address and address not in taken:
                taken.add(address)
                places.append(_Place(target, address, None))
                continue
        fresh = np.empty(target.line.local_shape, mstype._dtype_to_nptype(parameter.dtype))
        places.append(_Place(target, fresh.__array_interface__["data"][0], fresh))
    _require_host_memory(places)
    return places


def _require_host_memory(places: Sequence[_Place]) -> None:
    """Holds MindSpore's account of where a parameter lies against its NumPy view, once per apply."""
    for place in places:
        if place.fresh is None and place.target.line.dtype != "bfloat16":
            view = place.target.parameter.asnumpy()
            if view.ctypes.data != place.address or not view.flags.writeable:
                raise RuntimeError(f"the storage of {place.target.line.name!r} is not where MindSpore says it is")
            return


def _construct(parameter: Parameter) -> None:
    """Gives a deferred parameter that is kept the values of its own constructor."""
    values = np.empty(tuple(parameter.shape), mstype._dtype_to_nptype(parameter.dtype))
    (parameter.init if parameter.init is not None else parameter.init_mode.init)(values)
    parameter.set_data(Tensor.from_numpy(values))


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
