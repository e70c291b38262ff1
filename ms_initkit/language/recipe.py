"""A recipe as data: ordered rules with their variables. Made by ``load``, read by ``bind``."""

from __future__ import annotations

from ms_initkit.basis.records import record
from ms_initkit.language.audience import Audience
from ms_initkit.language.rules import Rule
from ms_initkit.language.variables import Variable


@record
class Recipe:
    """Ordered rules with their variables: the child's before its parents', as ``extends`` says.

    Args:
        family: The family's name.
        path: The file it was read from.
        reference: Key and text of each source it follows, such as ``("paper", "He et al. 2015")``.
        description: One line for lists, may be empty.
        audience: The networks it is for; not its parents'.
        strip_prefixes: Wrapper prefixes taken off names before they are matched.
        variables: In the order in which they are evaluated.
        rules: In the order in which they are tried.
        digest: BLAKE2b of the text of every file it was made of.
    """

    family: str
    path: str
    reference: tuple[tuple[str, str], ...]
    description: str
    audience: Audience
    strip_prefixes: tuple[str, ...]
    variables: tuple[Variable, ...]
    rules: tuple[Rule, ...]
    digest: str

    @property
    def options(self) -> frozenset[str]:
        """The options of cells that its rules look at."""
        return frozenset().union(*(rule.options for rule in self.rules))
