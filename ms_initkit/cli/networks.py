"""Commands that need a network: plan, apply, verify, explain, diff."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ms_initkit.cli.answers import FINDINGS, AsJson, answering, refuse, report_findings, say, tell, terminal_width
from ms_initkit.cli.progress import progress_bar, pulse
from ms_initkit.findings import InitKitWarning, counted
from ms_initkit.findings.codes import code_of, explanation
from ms_initkit.syntax.numerals import is_as_written, read_number

if TYPE_CHECKING:
    from mindspore.nn import Cell

    from ms_initkit.plans.plan import Plan
    from ms_initkit.plans.variables import VariableValue

_NET: Final = typer.Option(
    "--net",
    help="What makes the network: a class or function of a module or file, as in mindcv.models:resnet50, net.py:Net.",
    metavar="MODULE:FACTORY",
)
Net = Annotated[str, _NET]
MaybeNet = Annotated[str | None, _NET]
NetArguments = Annotated[
    list[str],
    typer.Option("--net-arg", help="An argument of it, as in num_classes=10; may be repeated.", metavar="KEY=VALUE"),
]
_RECIPE: Final = typer.Option("--recipe", help="A recipe's name, a path, or auto: the one that is known to be right.")
RecipeName = Annotated[str, _RECIPE]
Settings = Annotated[
    list[str],
    typer.Option(
        "--set", help="A value for a variable of the recipe, as in sigma=0.01; may be repeated.", metavar="NAME=VALUE"
    ),
]
Lenient = Annotated[
    bool,
    typer.Option("--lenient", help="Go on where parameters have no rule, or rules no parameter: they are warnings."),
]
Seed = Annotated[int, typer.Option("--seed", help="What the values follow from: 0 to 2**64 - 1.")]


def plan(
    recipe: RecipeName,
    net: MaybeNet = None,
    net_arg: NetArguments = [],  # noqa: B006  # typer reads the default and never hands it out
    shapes: Annotated[
        Path | None, typer.Option("--shapes", help="A manifest, a safetensors index or file, in place of a network.")
    ] = None,
    set_: Settings = [],  # noqa: B006
    lenient: Lenient = False,
    as_json: AsJson = False,
) -> None:
    """Shows what each parameter would be, and writes nothing."""
    with answering(as_json=as_json):
        if (net is None) == (shapes is None):
            refuse("one of --net MODULE:FACTORY and --shapes FILE is needed")
        if shapes is not None:
            made = _plan_shapes(shapes, recipe, set_, lenient=lenient)
        else:
            made = _plan(_construct(str(net), net_arg, is_deferred=True), recipe, set_, lenient=lenient)
        from ms_initkit.plans.plan import plan_text

        if as_json:
            say(made.to_json())
        else:
            tell(plan_text(made, terminal_width()))


def explain(
    name: Annotated[str, typer.Argument(help="A parameter's name; without a network, a finding's code.")],
    net: MaybeNet = None,
    recipe: Annotated[str | None, _RECIPE] = None,
    net_arg: NetArguments = [],  # noqa: B006
    set_: Settings = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Shows every rule that selects one parameter and why the first one wins, or what a finding's code means."""
    with answering(as_json=as_json):
        if net is None or recipe is None:
            if as_json:
                say(json.dumps({"code": name, **asdict(code_of(name))}, indent=1))
            else:
                tell(explanation(name))
            return
        made = _plan(_construct(net, net_arg, is_deferred=True), recipe, set_, lenient=True)
        if as_json:
            say(json.dumps(made.line_to_json(name), indent=1))
        else:
            tell(made.explain(name))


def apply(
    net: Net,
    recipe: RecipeName,
    seed: Seed,
    out: Annotated[Path, typer.Option("--out", help="Where to save: .safetensors or .ckpt.")],
    net_arg: NetArguments = [],  # noqa: B006
    set_: Settings = [],  # noqa: B006
    report: Annotated[
        Path | None, typer.Option("--report", help="Where to write a report: .html, .json or .txt.")
    ] = None,
    lenient: Lenient = False,
    as_json: AsJson = False,
) -> None:
    """Initialises a network and saves its values."""
    with answering(as_json=as_json):
        from ms_initkit.files.saving import check_path, require_own_names, save
        from ms_initkit.stages.apply import apply as apply_plan
        from ms_initkit.stages.reports.files import check_report_path, write_report

        check_path(out)
        if report is not None:
            check_report_path(report)
        network = _construct(net, net_arg, is_deferred=True)
        require_own_names(network)
        made = _plan(network, recipe, set_, lenient=lenient)
        total = sum(line.size for line in made.assignments if not line.is_kept)
        with progress_bar(total, "drawing") as advance:
            done = apply_plan(network, made, seed=seed, progress=advance)
        with pulse("saving"):
            save(network, out)
        if report is not None:
            with pulse("writing the report"):
                write_report(done, report)
        if as_json:
            say(done.to_json())
            return
        tell(f"{done}values: {out}" + (f"\nreport: {report}" if report else ""))
        say(f"whole plan: ms-initkit plan --net {net} --recipe {recipe}")


def verify(
    net: Net,
    recipe: RecipeName,
    values: Annotated[Path, typer.Option("--values", help="A .safetensors or .ckpt file, or a folder, to look at.")],
    net_arg: NetArguments = [],  # noqa: B006
    set_: Settings = [],  # noqa: B006
    seed: Annotated[int | None, typer.Option("--seed", help="The seed of the apply: compares bit by bit.")] = None,
    lenient: Lenient = False,
    as_json: AsJson = False,
) -> None:
    """Holds saved values against a recipe: to the bit where the seed is given, by statistics where not."""
    with answering(as_json=as_json):
        from ms_initkit.files.saving import load
        from ms_initkit.plans.order import past
        from ms_initkit.stages.verify import verify as verify_net

        if not (values.is_file() or values.is_dir()):
            refuse(f"{values}: no such file")
        network = _construct(net, net_arg, is_deferred=False)
        made = _plan(network, recipe, set_, lenient=lenient)
        with pulse("loading"):
            load(network, values)
        with pulse("verifying"):
            findings = verify_net(network, made, seed=seed)
        report_findings(findings, as_json=as_json)
        if any(finding.severity != "note" for finding in findings):
            raise typer.Exit(FINDINGS)
        if not as_json:
            drawn = sum(not line.is_kept for line in made.assignments) - len(past(made.assignments))
            those = "that" if drawn == 1 else "those"
            how = f"bit for bit {those} of seed {seed}" if seed is not None else "as the recipe says, by statistics"
            tell(f"{counted(drawn, 'parameter')} {'is' if drawn == 1 else 'are'} {how}")


def diff(
    old: Annotated[str, typer.Argument(help="A plan in JSON, as `plan --json` prints it, or a recipe.")],
    new: Annotated[str, typer.Argument(help="Another.")],
    net: MaybeNet = None,
    net_arg: NetArguments = [],  # noqa: B006
    set_: Settings = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Shows what differs between two plans, or between two recipes on a network; code 1 if anything does."""
    with answering(as_json=as_json):
        from ms_initkit.files.regular import read_text
        from ms_initkit.plans.plan import Plan

        network = None if net is None else _construct(net, net_arg, is_deferred=True)

        def read(name: str) -> Plan:
            if name.endswith(".json"):
                return Plan.from_json(read_text(name))
            if network is None:
                refuse("two recipes differ on a network: add --net MODULE:FACTORY")
            return _plan(network, name, set_, lenient=True)

        found = read(old).differences(read(new))
        if as_json:
            say(json.dumps({"differences": [one.to_json() for one in found]}, indent=1))
        elif found:
            tell("\n".join(map(str, found)))
        if found:
            raise typer.Exit(FINDINGS)


COMMANDS: Final = (plan, apply, verify, explain, diff)


def settings(texts: list[str]) -> dict[str, VariableValue]:
    """Returns the variables that ``NAME=VALUE`` texts set.

    Raises:
        ValueError: If a text is not of that form, or a variable is set twice.
    """
    found: dict[str, VariableValue] = {}
    for name, value in map(parse_setting, texts):
        if name in found:
            raise ValueError(f"--set gives {name!r} twice")
        found[name] = value
    return found


def _construct(net: str, net_args: list[str], *, is_deferred: bool) -> Cell:
    from ms_initkit.networks.construct import load_network

    try:
        with pulse("constructing"):
            return load_network(net, net_args, is_deferred=is_deferred)
    except ValueError as error:
        refuse(error)


def _plan(network: Cell, recipe: str, texts: list[str], *, lenient: bool) -> Plan:
    from ms_initkit.stages.plan import plan as make_plan

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InitKitWarning)  # the plan that is shown says them
        return make_plan(network, recipe, settings(texts), strict=not lenient)


def _plan_shapes(shapes: Path, recipe: str, texts: list[str], *, lenient: bool) -> Plan:
    from ms_initkit.networks.manifest import config_in, modules_of, network_of, read_shapes
    from ms_initkit.plans.suggest import Classes
    from ms_initkit.stages.choose import chosen_for
    from ms_initkit.stages.plan import plan_infos

    config, infos = config_in(shapes), read_shapes(shapes)
    recipe = chosen_for(recipe, infos, Classes(network_of(shapes), modules_of(shapes)), config)
    return plan_infos(infos, recipe, settings(texts), strict=not lenient, config=config)


def parse_setting(text: str) -> tuple[str, VariableValue]:
    """Returns the name and the value: a number, true or false, or text.

    Raises:
        ValueError: If ``text`` has no name or no value.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier() or not value:
        raise ValueError(f"{text!r} is not NAME=VALUE, such as n_layers=24")
    if value in ("true", "false"):
        return name, value == "true"
    number = read_number(value)
    if number is None:
        return name, value
    if not is_as_written(value, number):
        raise ValueError(f"{text!r}: no number here is as {'small' if number == 0 else 'large'}")
    return name, number
