"""Where values go: into the storage that a parameter has, or through `set_data` where it has none on this host."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from mindspore import Tensor, get_current_device
from mindspore.common import dtype as mstype

from ms_initkit import stream
from ms_initkit.draws.arrays import Array
from ms_initkit.draws.dtypes import storage
from ms_initkit.findings import ApplyError, Finding, counted
from ms_initkit.networks.held import Addresses, addresses_of
from ms_initkit.plans.columns import Columns
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.order import in_order, is_changed
from ms_initkit.stages.draw import fill_line
from ms_initkit.stages.memory import fresh_array, not_writable, overlapping
from ms_initkit.stages.statistics.tally import as_floats
from ms_initkit.stages.there import There

if TYPE_CHECKING:
    from mindspore import Parameter


# Elements drawn before they are copied to a device: 64 MiB of float32.
_DEVICE_CHUNK: Final = 1 << 24
_MOST_TRIED: Final = 8


def is_on_this_host() -> bool:
    """Returns whether MindSpore keeps values where this process can write them."""
    return bool(get_current_device().device_target == "CPU")


def write(
    columns: Columns,
    parameters: Sequence[Parameter],
    seed: int,
    progress: Callable[[int], None] | None = None,
    there: There | None = None,
    addresses: Addresses | None = None,
) -> None:
    """Draws and writes every parameter; each was checked before.

    Args:
        columns: The lines of a plan, one for each of ``parameters``.
        parameters: What is written.
        seed: The seed.
        progress: Called now and then with the number of elements written since the last call.
        there: What is there, for lines that take any of it; of these parameters if left out.
        addresses: Where the values of each lie on this host, if that is known.

    Raises:
        ApplyError: If it was interrupted by a fault; it names what had been written.
    """
    written: list[str] = []
    own: dict[str, Array] | None = None
    try:
        drawn = columns.drawn
        targets = [parameters[number] for number in columns.drawn_numbers] if columns.spared else parameters
        spared = [(columns.lines[number], parameters[number]) for number in columns.spared]
        constructed = _constructed(spared)
        own = _users_own(drawn, seed)
        if addresses is not None or is_on_this_host():
            # what is of the user's own may have moved them
            known = addresses_of(parameters) if own or addresses is None else addresses
            storages = _own_storages(columns, parameters, known, columns.spared)
            storages = storages[columns.drawn_numbers] if columns.spared else storages
            _write_together(drawn, targets, storages, own, seed, progress)
            written += drawn.names
        else:
            for names in _write_through(drawn, targets, own, seed, progress):
                written += names
        for parameter, values in constructed:
            _give(parameter, values)
        if columns.takes_any:
            source = There(columns.lines, parameters) if there is None else there
            for name in _write_taken(spared, source, seed, progress):
                written.append(name)
    except ApplyError:
        raise
    except (MemoryError, ValueError, TypeError, RuntimeError, OSError) as error:
        finding = _interruption(error, None if own is None else written, len(parameters))
        raise ApplyError([_once_more(finding, columns)]) from error


def _users_own(columns: Columns, seed: int) -> dict[str, Array]:
    """Returns, by name, the values that initializers of the user's own draw, before anything is written.

    Raises:
        ApplyError: If one of them raises, or what it draws cannot be written.
    """
    drawn: dict[str, Array] = {}
    is_own = [kind.draw.is_users_own for kind in columns.kinds]
    for number in np.flatnonzero(np.array(is_own)[columns.kind_of_each]).tolist() if any(is_own) else ():
        line = columns.lines[number]
        values = np.empty(line.local_shape, storage(line.dtype))
        try:
            fill_line(values, line, seed)
            if not np.isfinite(as_floats(values, line.dtype)).all():
                raise ValueError(f"{line.initializer} drew numbers that {line.dtype} cannot hold")
        except ValueError as error:
            message = f"{line.name!r} {line.shape} {line.dtype}: {error}"
            note = f"rule {line.rule!r}; nothing was written"
            raise ApplyError(
                [Finding.error("interrupted-apply", message, note, rule=line.rule, parameter=line.name)]
            ) from error
        drawn[line.name] = values
    return drawn


def _is_held(line: Assignment) -> bool:
    """Returns whether a parameter's own values are wanted: kept, or changed."""
    return line.is_kept or is_changed(line)


def _write_taken(
    spared: Sequence[tuple[Assignment, Parameter]], there: There, seed: int, progress: Callable[[int], None] | None
) -> Iterator[str]:
    """Writes what is made of values that are there, in order, and yields the names."""
    columns, parameters = Columns.of([line for line, _ in spared]), [parameter for _, parameter in spared]
    nowhere = np.zeros(len(parameters), np.uint64)
    storages = _own_storages(columns, parameters, addresses_of(parameters)) if is_on_this_host() else nowhere
    for number in in_order(columns.lines):
        line, parameter = spared[number]
        given = there.given_for(line)
        address, fresh = _places(columns.take([number]), [parameter], storages[number : number + 1])
        values = _view(int(address[0]), line.local_shape, storage(line.dtype))
        fill_line(values, line, seed, given=given)
        if fresh:
            _give(parameter, fresh[0])
        if progress is not None:
            progress(line.size)
        yield line.name


def _chunks(columns: Columns, parameters: Sequence[Parameter]) -> Iterable[tuple[Columns, Sequence[Parameter]]]:
    """Yields a few parameters at a time: what is copied to a device is held twice, and so is what comes next."""
    start = size = 0
    for stop, line in enumerate(columns.lines, 1):
        size += line.size
        if size >= _DEVICE_CHUNK or stop == len(parameters):
            yield columns.take(range(start, stop)), parameters[start:stop]
            start, size = stop, 0


def _own_storages(
    columns: Columns, parameters: Sequence[Parameter], addresses: Addresses, first: Sequence[int] = ()
) -> Addresses:
    """Returns where the values of each lie on this host; 0 where they do not, not in one piece, or not for it alone.

    Of several that share memory one of those whose numbers are ``first`` keeps it, or else the first one of all.
    """
    own = addresses.copy()
    locked = not_writable(own)
    if locked:
        own[locked] = 0
    if len(own) > 1:
        order = np.concatenate([np.array(first, np.intp), np.delete(np.arange(len(own)), first)]) if first else ...
        shared = overlapping(own.view(np.int64)[order], (columns.bytes * (own != 0))[order])
        if shared:
            own[np.arange(len(own))[order][shared]] = 0
    return own if _is_proven(columns, parameters, own) else np.zeros_like(own)


def _is_proven(columns: Columns, parameters: Sequence[Parameter], addresses: Addresses) -> bool:
    """Returns whether MindSpore's account of where values lie agrees with a NumPy view of them.

    One is proof enough; a few are tried, because of a view of another tensor NumPy is given a copy.
    """
    tried = 0
    for line, parameter, expected in zip(columns.lines, parameters, addresses, strict=True):
        if expected and line.size and line.dtype != "bfloat16":
            address, is_read_only = parameter.asnumpy().__array_interface__["data"]
            if address == expected and not is_read_only:
                return True
            tried += 1
            if tried == _MOST_TRIED:
                break
    return not tried


def _write_together(
    columns: Columns,
    parameters: Sequence[Parameter],
    storages: Addresses,
    own: Mapping[str, Array],
    seed: int,
    progress: Callable[[int], None] | None,
) -> None:
    """Draws and writes parameters, of which ``storages`` says where their values lie on this host, or 0."""
    addresses, fresh = _places(columns, parameters, storages)
    _draw(columns, addresses, own, seed, progress, is_fresh=np.count_nonzero(storages) == 0)
    for number, values in fresh.items():
        _give(parameters[number], values)


def _write_through(
    columns: Columns,
    parameters: Sequence[Parameter],
    own: Mapping[str, Array],
    seed: int,
    progress: Callable[[int], None] | None,
) -> Iterator[list[str]]:
    """Writes a few parameters at a time to a device, and yields their names; the next ones are drawn meanwhile."""
    drawn: tuple[Future[None], Columns, Sequence[Parameter], dict[int, Array]] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="ms_initkit_ahead") as ahead:
        for chunk in (*_chunks(columns, parameters), None):
            coming = None
            if chunk is not None:
                addresses, fresh = _places(*chunk, np.zeros(len(chunk[1]), np.uint64))
                drawing = ahead.submit(_draw, chunk[0], addresses, own, seed, None, is_fresh=True)
                coming = (drawing, *chunk, fresh)
            if drawn is not None:
                drawing, lines, held, fresh = drawn
                drawing.result()
                for number, values in fresh.items():
                    _give(held[number], values)
                if progress is not None:
                    progress(sum(line.size for line in lines.lines))
                yield lines.names
            drawn = coming


def _draw(
    columns: Columns,
    addresses: Addresses,
    own: Mapping[str, Array],
    seed: int,
    progress: Callable[[int], None] | None,
    *,
    is_fresh: bool,
) -> None:
    """Draws each parameter at its address."""
    plain = columns.plain
    if plain.lines:
        where = addresses if plain is columns else addresses[columns.is_plain]
        stream.fill_many(plain.batch, where, stream.keys(seed, plain.streams), progress, is_fresh=is_fresh)
    for number in () if plain is columns else np.flatnonzero(~columns.is_plain).tolist():
        line = columns.lines[number]
        values = _view(int(addresses[number]), line.local_shape, storage(line.dtype))
        if line.name in own:
            values[...] = own[line.name]
        else:
            fill_line(values, line, seed)
        if progress is not None:
            progress(line.size)


def _view(address: int, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> Array:
    size = max(int(np.prod(shape, dtype=np.int64)), 0) * dtype.itemsize
    buffer = (ctypes.c_char * size).from_address(address)
    return np.frombuffer(memoryview(buffer), dtype).reshape(shape)


def _places(
    columns: Columns, parameters: Sequence[Parameter], storages: Addresses
) -> tuple[Addresses, dict[int, Array]]:
    """Returns where each is drawn: in its own storage or, where that is 0, in a fresh array.

    Fresh arrays are returned by the parameter's number.
    """
    addresses = storages.copy()
    fresh: dict[int, Array] = {}
    missing = [] if np.count_nonzero(addresses) == len(addresses) else np.flatnonzero(addresses == 0).tolist()
    for number in missing:
        dtype = np.dtype(mstype._dtype_to_nptype(parameters[number].dtype))
        fresh[number] = fresh_array(columns.lines[number].local_shape, dtype)
        addresses[number] = fresh[number].__array_interface__["data"][0]
    return addresses, fresh


def _constructed(spared: Sequence[tuple[Assignment, Parameter]]) -> list[tuple[Parameter, Array]]:
    """Returns deferred parameters that are kept, each with the values of its own constructor.

    MindSpore's initializers take numbers from NumPy's global generator, which is put back afterwards.

    Raises:
        ApplyError: If a constructor's initializer fails; nothing was written.
    """
    deferred = [(line, parameter) for line, parameter in spared if parameter.has_init and _is_held(line)]
    state = np.random.get_state() if deferred else None  # noqa: NPY002 (the one that MindSpore draws from)
    try:
        return [(parameter, _by_constructor(line, parameter)) for line, parameter in deferred]
    finally:
        if state is not None:
            np.random.set_state(state)  # noqa: NPY002


def _by_constructor(line: Assignment, parameter: Parameter) -> Array:
    try:
        values = np.empty(tuple(parameter.shape), mstype._dtype_to_nptype(parameter.dtype))
        (parameter.init if parameter.init is not None else parameter.init_mode.init)(values)
    except MemoryError:
        raise
    except Exception as error:  # whatever an initializer of anybody's raises
        what = f"{line.name!r} {line.shape} {line.dtype}"
        message = f"{what}: its constructor's initializer raised {type(error).__name__}: {error}"
        note = "it is deferred, and kept as its constructor makes it; nothing was written"
        raise ApplyError([Finding.error("interrupted-apply", message, note, parameter=line.name)]) from error
    return values


def _give(parameter: Parameter, values: Array) -> None:
    """Gives a parameter ``values`` as its storage, and takes its constructor's initializer from it.

    `Parameter.clone`, which averages of weights are made by, would go back to that one.
    """
    parameter.set_data(Tensor.from_numpy(values))
    parameter.init_mode = None


def _once_more(finding: Finding, columns: Columns) -> Finding:
    """Returns what is said of an interrupted apply, and of parameters that would be changed a second time."""
    changed = sum(is_changed(line) for line in columns.lines)
    if not changed:
        return finding
    held = counted(changed, "parameter")
    again = f"but {held} may have been changed where they lie, and would be once more: give them their old values first"
    return replace(finding, notes=(*finding.notes, again))


def _interruption(error: Exception, written: Sequence[str] | None, total: int) -> Finding:
    if written is None:
        notes = ["nothing was written"]
    else:
        done = (
            f"{len(written)} of {total} parameters had been written, the last {written[-1]!r}"
            if written
            else (f"any of the {total} parameters may hold old values, new ones or some of each")
        )
        again = "once the cause is gone, applying again with the same seed completes it"
        notes = [done, f"every value is a function of seed and name: {again}"]
    return Finding.error("interrupted-apply", f"writing stopped: {error}", *notes)
