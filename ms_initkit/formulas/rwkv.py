"""The tables of RWKV-4 and RWKV-7: ramps over the channels, by layer."""

# ruff: noqa: D102 (check and resolve are documented by Formula)

from __future__ import annotations

from typing import Annotated, Literal

from ms_initkit import draws
from ms_initkit.formulas.base import Formula, Site, initializer
from ms_initkit.formulas.kinds import Alias, Range
from ms_initkit.formulas.sequences import ramp

Depth = Annotated[int, Range(low=1), Alias(("n_layers", "n_layer"))]
Layer = Annotated[int, Range(low=0), Alias(("layer_id",))]


@initializer()
class Rwkv4TimeDecay(Formula):
    """Sets channel h of C to -5 + 8 (h / (C - 1))**(0.7 + 1.3 r), r = layer / (depth - 1).

    Args:
        layer: Index of the layer, from 0.
        depth: Number of layers. One alone has r = 0, where the reference divides by zero.

    Sources: BlinkDL/RWKV-LM RWKV-v4neo/src/model.py, RWKV_TimeMix (Peng et al. 2023, arXiv:2305.13048).
    """

    layer: Layer
    depth: Depth

    def check(self) -> None:
        _check_layer(self.layer, self.depth)

    def resolve(self, site: Site) -> draws.Draw:
        return ramp(site, -5.0, 3.0, 0.7 + 1.3 * _rising(self.layer, self.depth))


@initializer()
class Rwkv4TimeFirst(Formula):
    """Sets channel i to log(0.3) + ((i + 1) % 3 - 1) / 2: a zigzag of three around log(0.3).

    transformers' port has ones instead, by mistake.

    Sources: BlinkDL/RWKV-LM RWKV-v4neo/src/model.py, RWKV_TimeMix (Peng et al. 2023, arXiv:2305.13048).
    """

    def resolve(self, site: Site) -> draws.Draw:
        if not site.shape:
            raise ValueError("a scalar has no channels")
        return draws.Table("rwkv4_time_first")


@initializer()
class Rwkv4TimeMix(Formula):
    """Sets channel i of C to (i / C)**p, p = 1 - layer / depth.

    ``value`` adds 0.3 r, r = layer / (depth - 1); ``receptance`` halves p. The feed-forward block's own mixes
    are both of the part ``key``.

    Args:
        layer: Index of the layer, from 0.
        depth: Number of layers. One alone has r = 0, where the reference divides by
            zero.
        part: What is mixed: ``key``, ``value`` or ``receptance``.

    Sources: BlinkDL/RWKV-LM RWKV-v4neo/src/model.py, RWKV_TimeMix and RWKV_ChannelMix (Peng et al. 2023,
    arXiv:2305.13048).
    """

    layer: Layer
    depth: Depth
    part: Literal["key", "value", "receptance"] = "key"

    def check(self) -> None:
        _check_layer(self.layer, self.depth)

    def resolve(self, site: Site) -> draws.Draw:
        power = 1.0 - self.layer / self.depth
        if self.part == "receptance":
            power *= 0.5
        start = 0.3 * _rising(self.layer, self.depth) if self.part == "value" else 0.0
        return ramp(site, start, start + 1.0, power, endpoint=False)


@initializer()
class Rwkv7TimeMix(Formula):
    """Sets channel i of C to 1 - (i / C)**(factor p), p = 1 - layer / depth.

    The factor is 0.2 for ``receptance`` and ``gate``, 0.9 for ``decay`` and ``rate``, 0.7 for ``key`` and
    ``value``; the ``channel`` mix of the feed-forward block has p**4 for the whole exponent.

    Args:
        layer: Index of the layer, from 0.
        depth: Number of layers.
        part: What is mixed: x_r, x_g, x_w, x_a, x_k, x_v, or the feed-forward block's x_k.

    Sources: BlinkDL/RWKV-LM RWKV-v7/train_temp/src/model.py, RWKV_Tmix_x070 and RWKV_CMix_x070 (Peng et al.
    2025, arXiv:2503.14456).
    """

    layer: Layer
    depth: Depth
    part: Literal["receptance", "gate", "decay", "rate", "key", "value", "channel"]

    def check(self) -> None:
        _check_layer(self.layer, self.depth)

    def resolve(self, site: Site) -> draws.Draw:
        falling = 1.0 - self.layer / self.depth
        factors = {"receptance": 0.2, "gate": 0.2, "decay": 0.9, "rate": 0.9, "key": 0.7, "value": 0.7}
        power = falling * falling * falling * falling if self.part == "channel" else factors[self.part] * falling
        return ramp(site, 1.0, 0.0, power, endpoint=False)


@initializer()
class Rwkv7Bias(Formula):
    """Sets a per-channel constant of RWKV-7's time mixing: ramps over the channels and over each head.

    In what follows, l = n / (C - 1) - 1/2, and z is the signed square of a ramp from -1 to 1 over each head.

    ``decay`` (w0): -5.5 + 6 (n / (C - 1))**(1 + r**0.3) + 2.5 z, r = layer / (depth - 1). ``rate`` (a0):
    -0.19 + 0.3 z + 0.4 l. ``value`` (v0): 0.73 - 0.4 l. ``removal_key`` (k_k): 0.71 - 0.1 l. (k_a is the
    constant 1.02, r_k the constant -0.04.)

    Args:
        layer: Index of the layer, from 0; only ``decay`` depends on it.
        depth: Number of layers. One alone has r = 0, where the reference divides by zero.
        part: Which constant.
        head_size: Channels of a head, > 1.

    Sources: BlinkDL/RWKV-LM RWKV-v7/train_temp/src/model.py, RWKV_Tmix_x070 (Peng et al. 2025,
    arXiv:2503.14456).
    """

    layer: Layer
    depth: Depth
    part: Literal["decay", "rate", "value", "removal_key"]
    head_size: Annotated[int, Range(low=2)] = 64

    def check(self) -> None:
        _check_layer(self.layer, self.depth)

    def resolve(self, site: Site) -> draws.Draw:
        match self.part:
            case "decay":
                rising = _rising(self.layer, self.depth)
                return self._table(site, -5.5, 0.5, 1.0 + _power(rising, 0.3), 2.5)
            case "rate":
                return self._table(site, -0.19 - 0.2, -0.19 + 0.2, 1.0, 0.3)
            case "value":
                return ramp(site, 0.73 + 0.2, 0.73 - 0.2)
            case "removal_key":
                return ramp(site, 0.71 + 0.05, 0.71 - 0.05)

    def _table(self, site: Site, start: float, stop: float, power: float, zigzag: float) -> draws.Draw:
        if not site.shape:
            raise ValueError("a scalar has no channels")
        return draws.Table(
            "rwkv7_bias",
            (("start", start), ("stop", stop), ("power", power), ("zigzag", zigzag), ("head_size", self.head_size)),
        )


def _check_layer(layer: int, depth: int) -> None:
    if not layer < depth:
        raise ValueError(f"layer {layer} is not among {depth} layers, which count from 0")


def _rising(layer: int, depth: int) -> float:
    return layer / (depth - 1) if depth > 1 else 0.0


def _power(base: float, exponent: float) -> float:
    from ms_initkit.draws import portable

    return portable.power(base, exponent)
