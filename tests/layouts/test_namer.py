"""Which rule names which owner of a parameter, at each place of the mesh."""

from __future__ import annotations

from ms_initkit.layouts.mesh import Mesh
from ms_initkit.layouts.namer import Namer
from ms_initkit.layouts.python import layout, place, rename
from ms_initkit.networks.params import Owner, ParamInfo
from tests.layouts.sharded import info


def test_the_first_name_rule_that_selects_an_owner_names_it() -> None:
    rules = [rename("a.{i}.w", {"i": "i + 8 * pp_rank"}), rename("a.**", "never"), rename("b.**", "c.{pp_rank}")]
    made = layout({"pp": 2}, [], names=rules)
    namer = Namer(Mesh(made.mesh, made.variables))
    tied = ParamInfo((Owner("a.1.w", "w"), Owner("b.w", "w"), Owner("head.w", "w")), (4,))

    names, used = namer.names(tied, None, made.names, (1,))

    assert names == ("a.9.w", "c.1", "head.w")
    assert used == (made.names[0], made.names[2])
    assert namer.names(tied, None, made.names, (0,))[0] == ("a.1.w", "c.0", "head.w")
    assert namer.axes_of(made.names[0].naming) == (0,)


def test_the_naming_of_the_rule_that_cuts_goes_before() -> None:
    rule = place("a.{i}.w", to={"i": "i + 100"})
    made = layout({"pp": 2}, [rule], names=[rename("**", "never")])
    namer = Namer(Mesh(made.mesh, made.variables))

    assert namer.names(info("a.1.w", 4), rule, made.names, (0,)) == (("a.101.w",), ())
    assert namer.names(info("b.w", 4), rule, made.names, (0,))[0] == ("never",)
