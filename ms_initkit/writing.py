"""Where values go: into the storage that a parameter has, or through `set_data` where it has none on this host."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final

import numpy as np
from mindspore import Tensor, get_context
from mindspore.common import dtype as mstype

from ms_initkit import stream
from ms_initkit.drawing import FLOATS, fill_line, storage
from ms_initkit.findings import ApplyError, Finding
from ms_initkit.pages import fresh_array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mindspore import Parameter
    from numpy.typing import NDArray

    from ms_initkit.columns import Columns
    from ms_initkit.plans import Assignment

    Array = NDArray[np.generic]

# Elements drawn before they are copied to a device: 64 MiB of float32.
_DEVICE_CHUNK: Final = 1 << 24


def write(
    columns: Columns, parameters: Sequence[Parameter], seed: int, progress: Callable[[int], None] | None = None
) -> None:
    """Draws and writes every parameter; each was checked before.

    Args:
        columns: The lines of a plan, one for each of ``parameters``.
        parameters: What is written.
        seed: The seed.
        progress: Called now and then with the number of elements written since the last call.

    Raises:
        ApplyError: If it was interrupted by a fault; it names what had been written.
    """
    written: list[str] = []
    try:
        drawn, targets, kept = _without_kept(columns, parameters)
        is_on_host = get_context("device_target") == "CPU"
        for chunk, held in [(drawn, targets)] if is_on_host else _chunks(drawn, targets):
            _write_together(chunk, held, _storages(held) if is_on_host else [0] * len(held), seed, progress)
            written += chunk.names()
        for parameter in kept:
            if parameter.has_init:
                _construct(parameter)
    except (MemoryError, ValueError, TypeError, RuntimeError, OSError) as error:
        raise ApplyError([_interruption(error, written, len(parameters))]) from error


def _without_kept(
    columns: Columns, parameters: Sequence[Parameter]
) -> tuple[Columns, Sequence[Parameter], list[Parameter]]:
    """Returns what is written, its parameters, and the parameters that are kept."""
    if not any(kind.is_kept for kind in columns.kinds):
        return columns, parameters, []
    numbers = [number for number, line in enumerate(columns.lines) if not line.is_kept]
    kept = [parameter for line, parameter in zip(columns.lines, parameters, strict=True) if line.is_kept]
    return columns.take(numbers), [parameters[number] for number in numbers], kept


def _chunks(columns: Columns, parameters: Sequence[Parameter]) -> Iterable[tuple[Columns, Sequence[Parameter]]]:
    """Yields a few parameters at a time: what must be copied to a device is held twice for a moment."""
    start = size = 0
    for stop, line in enumerate(columns.lines, 1):
        size += line.size
        if size >= _DEVICE_CHUNK or stop == len(parameters):
            yield columns.take(range(start, stop)), parameters[start:stop]
            start, size = stop, 0


def _storages(parameters: Sequence[Parameter]) -> list[int]:
    """Returns where the values of each lie on this host; 0 where they do not, or not in one piece."""
    return [
        parameter.data_ptr() if not parameter.has_init and parameter.is_contiguous() else 0 for parameter in parameters
    ]


def _write_together(
    columns: Columns,
    parameters: Sequence[Parameter],
    storages: Sequence[int],
    seed: int,
    progress: Callable[[int], None] | None,
) -> None:
    """Draws and writes parameters, of which ``storages`` says where their values lie on this host, or 0."""
    addresses, fresh = _places(columns, parameters, storages)
    is_plain = np.array([_is_plain(kind) for kind in columns.kinds], bool)[columns.kind_of_each]
    composed = np.flatnonzero(~is_plain).tolist()
    plain = columns.take(np.flatnonzero(is_plain)) if composed else columns
    if plain.lines:
        stream.fill_many(_batch(plain, np.array(addresses, np.uint64)[is_plain], seed), progress)
    for number in composed:
        line = columns.lines[number]
        fill_line(_view(addresses[number], line.local_shape, storage(line.dtype)), line, seed)
        if progress is not None:
            progress(line.size)
    for number, values in fresh.items():
        _give(parameters[number], values)


def _is_plain(kind: Assignment) -> bool:
    """Returns whether whole parameters are drawn element by element, so that one call draws them all."""
    return kind.window is None and kind.dtype in FLOATS and stream.law_of(kind.draw) is not None


def _batch(columns: Columns, addresses: NDArray[np.uint64], seed: int) -> stream.Batch:
    each = columns.kind_of_each
    laws = [law for kind in columns.kinds if (law := stream.law_of(kind.draw)) is not None]
    return stream.Batch(
        addresses,
        np.array([kind.size for kind in columns.kinds], np.int64)[each],
        stream.keys(seed, [line.stream for line in columns.lines]),
        np.array([law.id for law in laws], np.int8)[each],
        np.array([stream.DTYPES[kind.dtype] for kind in columns.kinds], np.int8)[each],
        np.array([law.parameters for law in laws], np.float32)[each],
    )


def _view(address: int, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> Array:
    size = max(int(np.prod(shape, dtype=np.int64)), 0) * dtype.itemsize
    buffer = (ctypes.c_char * size).from_address(address)
    return np.frombuffer(memoryview(buffer), dtype).reshape(shape)


def _places(
    columns: Columns, parameters: Sequence[Parameter], storages: Sequence[int]
) -> tuple[list[int], dict[int, Array]]:
    """Returns where each is drawn: in its own storage if it has some that is no other parameter's.

    Others are drawn into fresh arrays, which are returned by the parameter's number.
    """
    addresses = list(storages)
    fresh: dict[int, Array] = {}
    # One pass is enough where every address is there and none is there twice, as almost always.
    if 0 in addresses or len(set(addresses)) < len(addresses):
        taken = {0}
        for number, address in enumerate(addresses):
            if address in taken:
                dtype = np.dtype(mstype._dtype_to_nptype(parameters[number].dtype))
                fresh[number] = fresh_array(columns.lines[number].local_shape, dtype)
                addresses[number] = fresh[number].__array_interface__["data"][0]
            taken.add(address)
    _require_host_memory(columns, parameters, addresses, fresh)
    return addresses, fresh


def _require_host_memory(
    columns: Columns, parameters: Sequence[Parameter], addresses: Sequence[int], fresh: Mapping[int, Array]
) -> None:
    """Holds MindSpore's account of where a parameter lies against its NumPy view, once per apply."""
    for number, line in enumerate(columns.lines):
        if number not in fresh and line.dtype != "bfloat16":
            address, is_read_only = parameters[number].asnumpy().__array_interface__["data"]
            if address != addresses[number] or is_read_only:
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
