"""Initializers that know the global tensor: the framework asks for a slice, and gets exactly that slice.

MindSpore initialises a part of a deferred parameter through ``Tensor.init_data(slice_index, shape)``, which hands
an array of the part's shape to the parameter's initializer, and nothing else. What is missing is recovered here: the
number of the slice from the call, or where only the initializer has travelled from the seed that MindSpore
sets on it; the place of the slice from its number, its shape and the global shape.
"""

from __future__ import annotations

import sys
import time
import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, final

import numpy as np
from mindspore import Tensor, get_seed
from mindspore.common.initializer import Initializer
from mindspore.communication import get_group_size, get_rank
from mindspore.parallel._tensor import _get_tensor_strategy

from ms_initkit import stream
from ms_initkit.basis.records import record
from ms_initkit.draws import windows
from ms_initkit.draws.arrays import Array
from ms_initkit.draws.dtypes import FLOATS, storage
from ms_initkit.draws.windows import Shape, Slices
from ms_initkit.findings import About, ApplyError, Finding, counted
from ms_initkit.plans.check import check, misfit
from ms_initkit.plans.columns import Columns
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.draw import fill_line
from ms_initkit.stages.given import given_plan
from ms_initkit.stages.pairing import paired
from ms_initkit.stages.there import There
from ms_initkit.stages.write import write
from ms_initkit.stream.keys import checked_seed

if TYPE_CHECKING:
    from mindspore import Parameter
    from mindspore.nn import Cell


_HYPER_PARALLEL: Final = "hyper_parallel"


@record
class Attachment:
    """What ``attach`` did.

    Args:
        plan: The plan that the initializers carry out.
        seed: Their seed.
        seconds: How long it took.
        deferred: Names of the parameters that will be drawn when the framework asks.
        drawn: Names of those that had storage and were drawn at once, whole.
    """

    plan: Plan
    seed: int
    seconds: float
    deferred: tuple[str, ...]
    drawn: tuple[str, ...]

    def __str__(self) -> str:
        """Returns the numbers in one line."""
        kept = len(self.plan.assignments) - len(self.deferred) - len(self.drawn)
        return (
            f"{counted(len(self.deferred), 'parameter')} will be drawn when asked for, "
            f"{len(self.drawn)} were drawn at once, "
            f"{kept} are kept; seed {self.seed}, stream version {stream.VERSION}, plan {self.plan.fingerprint}"
        )


def attach(net: Cell, plan: Plan, seed: int) -> Attachment:
    """Leaves on every deferred parameter an initializer that draws whichever slice of it the framework asks for.

    `Parameter.init_data(layout)`, `Tensor.init_data(slice_index, shape)` and `Cell.init_parameters_data()`,
    as AutoParallel and HyperParallel call them, then write the slice of the very tensor that ``apply`` with
    the same plan and seed writes, with the global tensor's fans. No rank draws more than its part, but of
    draws that are made whole, such as orthogonal ones.

    Parameters that have storage are drawn at once, whole: the framework cuts its slices from what they hold.
    Kept parameters keep their initializer. Attaching again replaces. NumPy's and MindSpore's global generators
    come out as they went in, then and when the values are drawn.

    Args:
        net: A network that was constructed deferred (under ``ms_initkit.deferred()``, `no_init_parameters`,
            AutoParallel or on the meta device) and has not been sliced yet. What is on meta becomes ordinarily
            deferred.
        plan: The plan for the whole network, made on its global shapes.
        seed: 0 to 2**64 - 1, the same on every rank.

    Raises:
        ApplyError: If the plan cannot be written, or was made for another network, or for one that is not sliced.
    """
    began = time.perf_counter()
    if seed is None:
        raise TypeError("attach needs a seed: one that each rank chose for itself would give each another model")
    plan, seed = given_plan(plan, "attach"), checked_seed(seed)
    parameters = paired(plan, net).parameters
    pairs = zip(plan.assignments, parameters, strict=True)
    targets = [(line, parameter) for line, parameter in pairs if not line.is_kept]
    findings = check(plan)
    if findings:
        raise ApplyError(findings)
    stored = [(line, parameter) for line, parameter in targets if not parameter.has_init]
    deferred = [(line, parameter) for line, parameter in targets if parameter.has_init]
    _refuse_taking(plan, parameters)
    there = There(plan.assignments, parameters)
    write(Columns.of([line for line, _ in stored]), [parameter for _, parameter in stored], seed, there=there)
    network = _Network(net)
    for line, parameter in deferred:
        _leave(parameter, PlannedInitializer(line, seed, network))
    return Attachment(
        plan,
        seed,
        time.perf_counter() - began,
        tuple(line.name for line, _ in deferred),
        tuple(line.name for line, _ in stored),
    )


def _refuse_taking(plan: Plan, parameters: Sequence[Parameter]) -> None:
    """Raises if a parameter takes values that are not there yet, or is drawn when those may have been written over."""
    waiting = {line.name for line, one in zip(plan.assignments, parameters, strict=True) if one.has_init}
    for line in plan.assignments:
        taken = {name or line.name for name in line.draw.takes}
        if taken and not waiting.isdisjoint({line.name, *taken}):
            names = ", ".join(map(repr, sorted(taken)))
            message = f"{line.name!r} takes values of {names} that are there, and parameters are deferred"
            hint = "apply to a network that has its values, or take them from a file"
            about: About = {"help": hint, "rule": line.rule, "parameter": line.name}
            raise ApplyError([Finding.error("unknown-values", message, **about)])


class _Call(NamedTuple):
    """What a call of `init_data` said: the number of the slice, and the group that shards the optimizer."""

    number: int | None = None
    group: str | None = None


class _Before(NamedTuple):
    """The global generators before MindSpore reseeded them."""

    numpy: object
    delta_seed: int


@final
class PlannedInitializer(Initializer):
    """Draws one parameter of a plan, or any slice of it.

    Args:
        line: The plan's line of the parameter; its shape is the global one.
        seed: The seed of the run.
        network: The network that holds the parameter.
    """

    def __init__(self, line: Assignment, seed: int, network: _Network) -> None:
        super().__init__()
        self.line: Final = line
        self.run_seed: Final = seed
        self._network = network
        self._call = _Call()

    def __repr__(self) -> str:
        """Returns what it will draw."""
        return (
            f"PlannedInitializer({self.line.name!r}, {self.line.shape}, {self.line.initializer}, seed={self.run_seed})"
        )

    @property
    def seed(self) -> tuple[object, int]:
        """What MindSpore saves before it reseeds, and sets again afterwards: the state of the global generators."""
        return _Before(np.random.get_state(), Tensor.delta_seed), 0  # noqa: NPY002  # the global one is what is saved

    @seed.setter
    def seed(self, value: object) -> None:
        if isinstance(value, _Before):
            np.random.set_state(value.numpy)  # type: ignore[arg-type]  # noqa: NPY002  # as it was returned
            Tensor.delta_seed = value.delta_seed
            self._call = _Call()
        else:
            # `Tensor.init_data` sets slice_index plus one of these, and tells the initializer nothing else.
            base = get_seed()
            self._call = _Call(int(value) - (Tensor.delta_seed if base is None else base))  # type: ignore[call-overload]

    def expect(self, number: int | None, group: str | None) -> None:
        """Says which slice the next array is."""
        self._call = _Call(None if number is None else int(number), group or None)

    def _initialize(self, *arrays: Array) -> None:
        (out,) = arrays
        call, self._call = self._call, _Call()
        try:
            index = self._asked(tuple(out.shape), call)
            _fill(out, self.line, self.run_seed, index)
        except (ValueError, IndexError) as error:
            raise ApplyError([_unknown_slice(self.line, tuple(out.shape), call, error)]) from error

    def _asked(self, part: Shape, call: _Call) -> Slices:
        shape = self.line.local_shape
        number, group = call
        if number is None:
            if part != shape:
                raise ValueError("the call has a slice's shape and no slice's number")
            return windows.tile(shape, shape, 0)
        if group is not None:
            return _sharded_by_optimizer(shape, part, number, group)
        grid = windows.counts(shape, part)
        # Two orders are in use where the first axis is cut and another one too: only the parameter's holder tells.
        if grid[:1] != (1,) and any(n > 1 for n in grid[1:]) and self._network.is_sharded(self):
            return _sharded_by_hyper_parallel(part, grid, number, self._network.cuts(self, len(grid)))
        return windows.tile(shape, part, number)


class _Network:
    """The network whose parameters hold the initializers, and what HyperParallel has noted on those it shards."""

    def __init__(self, net: Cell) -> None:
        self._net = weakref.ref(net)
        # Layouts and not parameters: an initializer that kept those alive would keep their values.
        self._layouts: dict[int, object] = {}

    def is_sharded(self, initializer: PlannedInitializer) -> bool:
        """Returns whether HyperParallel shards the parameter that holds ``initializer`` for its optimizer."""
        net = self._net()
        # Looked up again where it was not found: sharding may have come since, and have replaced the parameter.
        if id(initializer) not in self._layouts and net is not None and _HYPER_PARALLEL in sys.modules:
            self._layouts |= {
                id(_local(one.init_mode).init): getattr(one, "layout", None)
                for one in net.get_parameters()
                if one.init_mode is not None and hasattr(one, "hsdp_init_index")
            }
        return id(initializer) in self._layouts

    def cuts(self, initializer: PlannedInitializer, n_axes: int) -> list[int]:
        """Returns into how many parts the layout cuts each axis, before the optimizer does."""
        layout = self._layouts[id(initializer)]
        if layout is None:
            return [1] * n_axes
        return list(_get_tensor_strategy(layout.mesh_shape, layout.tensor_map))  # type: ignore[attr-defined]


class _SliceCall:
    """Stands in one tensor for `Tensor.init_data`: tells the initializer what the call says, and reseeds nothing.

    The method itself would tell the initializer the number alone, disguised as a seed, and not the optimizer's group,
    without which the number of a slice that the optimizer shards cannot be read.
    """

    def __init__(self, tensor: Tensor, initializer: PlannedInitializer) -> None:
        self._tensor = weakref.ref(tensor)
        self._initializer = initializer

    def __call__(
        self, slice_index: int | None = None, shape: Shape | None = None, opt_shard_group: str | None = None
    ) -> Tensor:
        """Initialises the tensor as `Tensor.init_data` does."""
        tensor: Tensor = self._tensor()
        # A copy of a deferred parameter, such as an optimizer makes, uses the initializer up before its turn.
        tensor.init = self._initializer
        self._initializer.expect(slice_index, opt_shard_group)
        return Tensor.init_data(tensor, None, shape)


def _leave(parameter: Parameter, initializer: PlannedInitializer) -> None:
    """Makes ``initializer`` that of a deferred parameter."""
    if getattr(parameter, "is_meta", False) or parameter.init_mode is None:  # there is no meta device before 2.8
        # `init_data` does nothing to what is on meta: it has to lie nowhere instead.
        fresh = [Tensor(shape=tuple(parameter.shape), dtype=parameter.dtype, init=initializer) for _ in range(2)]
        parameter.assign_value(fresh[0])
        parameter.init_mode = fresh[1]
    # The tensor is changed, not replaced: HyperParallel's parameters hold theirs at several places.
    tensor = _local(parameter.init_mode)
    tensor.init = initializer
    tensor.init_data = _SliceCall(tensor, initializer)
    parameter.init = initializer


def _local(tensor: Tensor) -> Tensor:
    """Returns the tensor inside one of HyperParallel's distributed ones, or the tensor itself."""
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor


def _sharded_by_optimizer(shape: Shape, part: Shape, number: int, group: str) -> Slices:
    """Returns the slice of a slice, cut along the first axis by the optimizer's group.

    MindSpore numbers it by the number of the slice, plus the number of devices, plus the rank in the group.
    """
    if not part:
        raise ValueError("a scalar cannot be shared out by the optimizer")
    rank, parts = get_rank(group), get_group_size(group)
    outer = (part[0] * parts, *part[1:])
    first, *others = windows.tile(shape, outer, number - get_group_size() - rank)
    start = first.start + rank * part[0]
    return (slice(start, start + part[0]), *others)


def _sharded_by_hyper_parallel(part: Shape, grid: Shape, number: int, outer: list[int]) -> Slices:
    """Returns the slice of a slice that HyperParallel's optimizer sharding cuts along the first axis.

    It numbers tensor-parallel slices first and shards within them, so that numbers are not in the order of the tensor.
    """
    cut = [axis for axis, n in enumerate(outer) if n > 1]
    if [1, *grid[1:]] != outer or len(cut) != 1:
        raise ValueError(f"its layout cuts {tuple(outer)} of the {grid} slices, and numbers them in its own order")
    windows.coordinates(grid, number)
    cell = [0] * len(grid)
    cell[cut[0]], cell[0] = divmod(number, grid[0])
    return windows.at(part, cell)


def _fill(out: Array, line: Assignment, seed: int, index: Slices) -> None:
    """Writes a slice of a parameter into an array of the framework's making.

    Its element type is the array's: MindSpore casts afterwards where the parameter's type was changed since.
    """
    dtype = out.dtype.name
    if (dtype in FLOATS) != (line.dtype in FLOATS) or (dtype not in FLOATS and dtype != line.dtype):
        raise ValueError(f"values of {line.dtype} do not go into an array of {dtype}")
    line = replace(line, dtype=dtype)
    problem = misfit(line)
    if problem is not None:
        note = "its type was changed since, and nothing was drawn"
        raise ApplyError([Finding.error("out-of-range", problem, note, rule=line.rule, parameter=line.name)])
    fill_line(out.view(storage(dtype)), line, seed, index)


def _unknown_slice(line: Assignment, part: Shape, call: _Call, error: Exception) -> Finding:
    number = "no slice number" if call.number is None else f"slice {call.number}"
    group = "" if call.group is None else f", optimizer group {call.group!r}"
    asked = f"`init_data` asked for {number} of shape {part}{group}"
    message = f"{line.name!r} is globally {line.shape}, and {asked}: {error}"
    note = "which slice is meant cannot be told from the call, so nothing was drawn"
    hint = (
        "cut axes evenly, attach before slicing, and leave HyperParallel's `stage_index` at 0: names tell stages apart"
    )
    return Finding.error("unknown-slice", message, note, help=hint, rule=line.rule, parameter=line.name)
