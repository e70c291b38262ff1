"""Biases of gated recurrent layers."""

# ruff: noqa: D102 (check and resolve are documented by Formula)

from __future__ import annotations

from dataclasses import field
from typing import Annotated

from ms_initkit import draws
from ms_initkit.formulas.base import Formula, Site, initializer
from ms_initkit.formulas.elementary import Zeros
from ms_initkit.formulas.kinds import Alias, Range


@initializer()
class LstmForgetBias(Formula):
    """Sets the forget gate's quarter of an LSTM bias to ``forget`` and draws the other three by ``others``.

    Layers with two bias vectors add them (torch and MindSpore: b_ih + b_hh): give one of them this
    initializer and the other zeros, or the effective bias is twice ``forget``.

    Args:
        forget: The forget gate's bias: 1 as usual, 0 for none.
        order: The gates' order along the first axis, one letter each: i input, f forget, o output, and g, c
            or j for the candidate. ``ifgo`` is torch's and MindSpore's, ``ifco`` Keras's, ``ijfo`` TensorFlow
            1's, ``iofc`` ONNX's.
        others: What the other gates draw, each on its own.

    Sources: Gers et al. 2000, Learning to forget; Jozefowicz et al. 2015, An empirical
    exploration of recurrent network architectures.
    """

    has_structure = True

    forget: Annotated[float, Range(), Alias(("forget_bias",))] = 1.0
    order: str = "ifgo"
    others: Formula = field(default_factory=Zeros)

    def check(self) -> None:
        gate_order(self.order)

    def resolve(self, site: Site) -> draws.Draw:
        order = gate_order(self.order)
        size = gate_size(site)
        other = self.others.resolve(Site((size, *site.shape[1:]), site.fans))
        return draws.Blocks(
            0, (size,) * 4, tuple(draws.Constant(self.forget) if gate == "f" else other for gate in order)
        )


@initializer()
class Chrono(Formula):
    """Draws forget biases b_f = log(U[1, T - 1)), and sets input biases to -b_f and the others to 0.

    An LSTM then remembers over times of up to T steps. Layers with two bias vectors add them: give the other
    one zeros.

    Args:
        longest: T, the longest dependency in steps, > 2.
        order: The gates' order along the first axis, as in ``lstm_forget_bias``.

    Sources: Tallec & Ollivier 2018 (chrono initialization, arXiv:1804.11188).
    """

    has_structure = True

    longest: Annotated[float, Range(low=2.0, excludes_low=True), Alias(("t_max",))]
    order: str = "ifgo"

    def check(self) -> None:
        gate_order(self.order)

    def resolve(self, site: Site) -> draws.Draw:
        size = gate_size(site)
        remember = draws.Edited(draws.Uniform(1.0, self.longest - 1.0), (draws.Step("log"),))
        admit = draws.Edited(remember.draw, (*remember.edits, draws.Step("multiply", -1.0)))
        gates: dict[str, draws.Draw] = {"f": remember, "i": admit}
        drawn = tuple(gates.get(gate, draws.Constant(0.0)) for gate in gate_order(self.order))
        return draws.Blocks(0, (size,) * 4, drawn, shares_words=True)


def gate_order(order: str) -> str:
    """Returns the order in the letters i, f, g, o.

    Raises:
        ValueError: If it is no order of these four gates.
    """
    canonical = order.lower().replace("c", "g").replace("j", "g")
    if sorted(canonical) != sorted("ifgo"):
        raise ValueError(f"order is {order!r}: must be the letters i, f, o and one of g, c, j in the layer's order")
    return canonical


def gate_size(site: Site) -> int:
    """Returns the extent of one of four gates along the first axis.

    Raises:
        ValueError: If the axis is no multiple of four.
    """
    if not site.shape or site.shape[0] % 4:
        raise ValueError(f"the first axis of {site.shape} does not hold four gates")
    return site.shape[0] // 4
