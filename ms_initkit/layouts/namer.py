"""Global names of local parameters, as the rules of a layout say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ms_initkit.language.selectors import Selector
from ms_initkit.layouts.mesh import Axes, Coordinates, Mesh, along
from ms_initkit.layouts.names import Naming
from ms_initkit.layouts.rules import NameRule, PlaceRule
from ms_initkit.networks.params import Owner, ParamInfo


class Called(NamedTuple):
    """What a parameter is called: its global names, and the rules that gave them."""

    names: tuple[str, ...]
    rules: tuple[NameRule, ...]


@dataclass
class Namer:
    """Names parameters of any rank; equal questions are answered once for all ranks."""

    mesh: Mesh
    _known: dict[object, Called] = field(default_factory=dict)

    def names(
        self, info: ParamInfo, rule: PlaceRule | None, rules: Sequence[NameRule], coordinates: Coordinates
    ) -> Called:
        """Returns what ``info`` is called.

        Args:
            info: The local parameter.
            rule: The rule that cuts it; its own naming goes before ``rules``.
            rules: Those that are active, in order.
            coordinates: The rank.

        Raises:
            ValueError: If an index is none.
        """
        own = None if rule is None else rule.naming
        namings = [used.naming for used in rules] + ([] if own is None else [own])
        axes = sorted({axis for naming in namings for axis in self.axes_of(naming)})
        key = (info, id(own), tuple(map(id, rules)), along(tuple(axes), coordinates))
        known = self._known.get(key)
        if known is not None:
            return known
        called, used_rules = [], []
        for owner in info.owners:
            alone = info._replace(owners=(owner,))
            if rule is not None and own is not None and rule.match.selecting_owner(alone) is not None:
                called.append(self._renamed(owner, rule.match, own, coordinates))
                continue
            for name_rule in rules:
                if name_rule.match.selecting_owner(alone) is not None:
                    used_rules.append(name_rule)
                    called.append(self._renamed(owner, name_rule.match, name_rule.naming, coordinates))
                    break
            else:
                called.append(owner.name)
        self._known[key] = Called(tuple(called), tuple(used_rules))
        return self._known[key]

    def axes_of(self, naming: Naming) -> Axes:
        """Returns the mesh axes on which a name depends."""
        return self.mesh.uses_of(naming).axes

    def _renamed(self, owner: Owner, match: Selector, naming: Naming, coordinates: Coordinates) -> str:
        environment = {**self.mesh.values_at(coordinates), **match.capture(owner.name)}
        return naming.renamed(owner.name, match, environment)
