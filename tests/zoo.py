"""Networks that other people wrote, each with the recipe that is suggested for it; writes docs/zoo.md.

    python -m tests.zoo                      # everything; about a quarter of an hour on two cores
    python -m tests.zoo --only "resnet*"     # prints these instead of writing the page

Networks are constructed in subprocesses of a few at a time, under a limit of memory, so that one that crashes ends
nothing but itself. Packages that are not installed are left out, and the page says so.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import inspect
import json
import os
import re
import resource
import subprocess
import sys
import time
import warnings
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import ms_initkit as mik
from ms_initkit.language.library import shipped
from ms_initkit.language.load import load_recipe
from ms_initkit.networks.manifest import modules_of, network_of, read_manifest
from ms_initkit.plans.suggest import BASE, Classes, classes_of, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ms_initkit.networks.params import ParamInfo

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "zoo.md"
MANIFESTS: Final = ROOT / "tests" / "manifests"
MINDYOLO: Final = Path(os.environ.get("MINDYOLO", ROOT / "build" / "mindyolo"))
MINDYOLO_COMMIT: Final = "67288e5"
# In front of what a worker has to say, among what packages print.
_MARK: Final = "zoo> "
_BATCH: Final = 12
_PATIENCE: Final = 400.0
_MEMORY: Final = 10 << 30

# Dimensions for mindone's configurations, each where it is known: what a network is made of does not depend on them.
_SMALL: Final = {
    "hidden_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32,
    "intermediate_size": 256, "moe_intermediate_size": 64, "num_experts": 4, "num_local_experts": 4,
    "vocab_size": 1000, "max_position_embeddings": 128, "embedding_size": 64, "pad_token_id": 0,
    "n_embd": 128, "n_layer": 3, "n_head": 4, "n_positions": 128,
    "d_model": 128, "d_ff": 256, "d_kv": 32, "num_layers": 3, "num_heads": 4,
    "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
    "encoder_ffn_dim": 256, "decoder_ffn_dim": 256, "ffn_dim": 256, "word_embed_proj_dim": 128,
}  # fmt: skip
# Of mindone's classes of one configuration, the first that ends so stands for all.
_HEADS: Final = (
    "ForPreTraining", "ForCausalLM", "LMHeadModel", "ForConditionalGeneration", "ForMaskedLM", "MTModel",
    "ForImageClassification", "ForImageClassificationWithTeacher", "ForCTC", "ForObjectDetection",
    "ForSemanticSegmentation", "Model", "",
)  # fmt: skip
_LAYERS: Final[dict[str, tuple[str, tuple[object, ...], dict[str, object]]]] = {
    "nn.Dense": ("mindspore.nn:Dense", (8, 16), {}),
    "nn.BiDense": ("mindspore.nn:BiDense", (8, 9, 16), {}),
    "nn.Conv1d": ("mindspore.nn:Conv1d", (8, 16, 3), {"has_bias": True}),
    "nn.Conv2d": ("mindspore.nn:Conv2d", (8, 16, 3), {"has_bias": True}),
    "nn.Conv3d": ("mindspore.nn:Conv3d", (8, 16, 3), {"has_bias": True}),
    "nn.Conv1dTranspose": ("mindspore.nn:Conv1dTranspose", (8, 16, 3), {"has_bias": True}),
    "nn.Conv2dTranspose": ("mindspore.nn:Conv2dTranspose", (8, 16, 3), {"has_bias": True}),
    "nn.Conv3dTranspose": ("mindspore.nn:Conv3dTranspose", (8, 16, 3), {"has_bias": True}),
    "nn.Embedding": ("mindspore.nn:Embedding", (50, 16), {}),
    "nn.EmbeddingLookup": ("mindspore.nn:EmbeddingLookup", (50, 16), {}),
    "nn.BatchNorm1d": ("mindspore.nn:BatchNorm1d", (8,), {}),
    "nn.BatchNorm2d": ("mindspore.nn:BatchNorm2d", (8,), {}),
    "nn.BatchNorm3d": ("mindspore.nn:BatchNorm3d", (8,), {}),
    "nn.SyncBatchNorm": ("mindspore.nn:SyncBatchNorm", (8,), {}),
    "nn.LayerNorm": ("mindspore.nn:LayerNorm", ((8,),), {}),
    "nn.GroupNorm": ("mindspore.nn:GroupNorm", (2, 8), {}),
    "nn.InstanceNorm1d": ("mindspore.nn:InstanceNorm1d", (8,), {}),
    "nn.InstanceNorm2d": ("mindspore.nn:InstanceNorm2d", (8,), {}),
    "nn.InstanceNorm3d": ("mindspore.nn:InstanceNorm3d", (8,), {}),
    "nn.PReLU": ("mindspore.nn:PReLU", (), {}),
    "nn.RNN": ("mindspore.nn:RNN", (8, 16), {"num_layers": 2, "bidirectional": True}),
    "nn.LSTM": ("mindspore.nn:LSTM", (8, 16), {"num_layers": 2, "bidirectional": True}),
    "nn.GRU": ("mindspore.nn:GRU", (8, 16), {"num_layers": 2, "bidirectional": True}),
    "nn.RNNCell": ("mindspore.nn:RNNCell", (8, 16), {}),
    "nn.LSTMCell": ("mindspore.nn:LSTMCell", (8, 16), {}),
    "nn.GRUCell": ("mindspore.nn:GRUCell", (8, 16), {}),
    "nn.MultiheadAttention": ("mindspore.nn:MultiheadAttention", (16, 2), {}),
    "nn.MultiheadAttention, keys of another width": (
        "mindspore.nn:MultiheadAttention", (16, 2), {"kdim": 8, "vdim": 12},
    ),
    "nn.TransformerEncoderLayer": ("mindspore.nn:TransformerEncoderLayer", (16, 2), {"dim_feedforward": 32}),
    "nn.TransformerDecoderLayer": ("mindspore.nn:TransformerDecoderLayer", (16, 2), {"dim_feedforward": 32}),
    "nn.Transformer": ("mindspore.nn:Transformer", (16, 2, 2, 2), {"dim_feedforward": 32}),
    "mint.nn.Linear": ("mindspore.mint.nn:Linear", (8, 16), {}),
    "mint.nn.Conv2d": ("mindspore.mint.nn:Conv2d", (8, 16, 3), {}),
    "mint.nn.Conv3d": ("mindspore.mint.nn:Conv3d", (8, 16, 3), {}),
    "mint.nn.ConvTranspose2d": ("mindspore.mint.nn:ConvTranspose2d", (8, 16, 3), {}),
    "mint.nn.Embedding": ("mindspore.mint.nn:Embedding", (50, 16), {}),
    "mint.nn.BatchNorm1d": ("mindspore.mint.nn:BatchNorm1d", (8,), {}),
    "mint.nn.BatchNorm2d": ("mindspore.mint.nn:BatchNorm2d", (8,), {}),
    "mint.nn.LayerNorm": ("mindspore.mint.nn:LayerNorm", ((8,),), {}),
    "mint.nn.GroupNorm": ("mindspore.mint.nn:GroupNorm", (2, 8), {}),
    "mint.nn.PReLU": ("mindspore.mint.nn:PReLU", (), {}),
}  # fmt: skip

# Why a network is not claimed whole, or is not constructed: package and name (or the error's text) with the reason.
_REASONS: Final = (
    ("mindcv", "mae_*_pretrain", "mindcv 0.3.0 looks up a configuration that it does not have"),
    ("mindcv", "rexnet_*", "mindcv 0.3.0 computes channels from a tensor that has no values, deferred or not"),
    ("mindyolo", "yolov8x6", "mindyolo's file names a layer that mindyolo has not"),
    ("mindyolo", "yolov7*", "YOLOv7's implicit knowledge belongs to no layer, and no recipe is made for it"),
)
_BROKEN: Final = ("mae_*_pretrain", "rexnet_*", "yolov8x6")
# Of a network that no recipe is made for.
_RAW: Final = "no recipe is made for it, and references share no value for parameters that belong to no layer"
_ERRORS: Final = (
    (r"kernel (\w+) unregistered", r"needs the operator \1, which MindSpore has for Ascend only"),
    (r"kernelmod for op (\w+)", r"needs the operator \1, which MindSpore has for Ascend only"),
    (r"Select CPU operator\[(\w+)\] fail", r"needs the operator \1 in a type that MindSpore has for Ascend only"),
    (r"^MemoryError|bad_alloc", "larger than the limit of memory with its own configuration"),
    (r"^timeout", "took longer than six minutes"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """A network to construct."""

    package: str
    name: str


@dataclass(slots=True)
class Row:
    """What became of it."""

    package: str
    name: str
    network: str = ""
    error: str = ""
    is_deferred: bool = True
    recipe: str = ""
    tensors: int = 0
    elements: int = 0
    own: int = 0
    inherited: int = 0
    kept: int = 0
    unmatched: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def is_whole(self) -> bool:
        return not (self.error or self.unmatched or self.unused or self.failures)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="GLOB", help="names of networks; prints them and leaves the page alone")
    parser.add_argument("--package", metavar="NAME", help="networks of this package; leaves the page alone")
    parser.add_argument("--worker", metavar="TARGETS", help=argparse.SUPPRESS)
    parser.add_argument("--list", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.list:
        _tell([asdict(target) for target in targets()])
        return 0
    if options.worker:
        _work([Target(**target) for target in json.loads(options.worker)])
        return 0
    is_whole_zoo = not (options.only or options.package)
    chosen = [
        target
        for target in (Target(**entry) for entry in _ask("--list")[0][0])
        if fnmatchcase(target.name, options.only or "*") and target.package == (options.package or target.package)
    ]
    rows = []
    for row in _visit(chosen):
        rows.append(row)
        what = row.error or f"{row.recipe}{'' if row.is_whole else ' NOT WHOLE'}"
        sys.stderr.write(f"[{len(rows)}/{len(chosen)}] {row.package} {row.name}: {what[:100]}\n")
    if is_whole_zoo:
        PAGE.write_text(page(rows), encoding="utf-8")
    else:
        sys.stdout.write(page(rows))
    return 0


def targets() -> list[Target]:
    """Returns every network of the packages that are installed."""
    found = [Target("mindspore", name) for name in _LAYERS]
    for package, listed in (("mindcv", _mindcv), ("mindyolo", _mindyolo), ("mindone", _mindone)):
        try:
            found += [Target(package, name) for name in listed()]
        except ImportError as error:
            sys.stderr.write(f"{package} is left out: {error}\n")
    return found + [Target("manifests", path.stem) for path in sorted(MANIFESTS.glob("*.json"))]


def _mindcv() -> list[str]:
    return sorted(importlib.import_module("mindcv").list_models())


def _mindyolo() -> list[str]:
    importlib.import_module("mindyolo")
    if not MINDYOLO.is_dir():
        raise ImportError(f"its model files are not in {MINDYOLO}")
    return sorted(path.stem for path in MINDYOLO.glob("configs/yolo*/yolo*.yaml") if "-base" not in path.stem)


def _mindone() -> list[str]:
    package = importlib.import_module("mindone.transformers")
    kinds: dict[str, list[str]] = {}
    for name in dir(package):
        kind = getattr(package, name, None)
        configuration = getattr(kind, "config_class", None)
        if isinstance(kind, type) and configuration is not None and not name.endswith("PreTrainedModel"):
            kinds.setdefault(configuration.__name__, []).append(name)
    return sorted(next(n for head in _HEADS for n in names if n.endswith(head)) for names in kinds.values())


def _make(target: Target) -> Callable[[], Any]:
    """Returns what constructs the network."""
    if target.package == "mindspore":
        factory, args, kwargs = _LAYERS[target.name]
        module, _, name = factory.partition(":")
        return partial(getattr(importlib.import_module(module), name), *args, **kwargs)
    if target.package == "mindcv":
        return partial(importlib.import_module("mindcv").create_model, target.name)
    if target.package == "mindyolo":
        settings = importlib.import_module("mindyolo.utils.config")
        path = next(MINDYOLO.glob(f"configs/*/{target.name}.yaml"))
        network = settings.Config(settings.load_config(str(path))[0]).network
        create = importlib.import_module("mindyolo.models").create_model
        return partial(create, network.model_name, model_cfg=network, num_classes=80)
    kind = getattr(importlib.import_module("mindone.transformers"), target.name)
    own = kind.config_class
    configuration = getattr(importlib.import_module("transformers"), own.__name__, own)
    known = inspect.signature(configuration.__init__).parameters
    return lambda: kind(configuration(**{key: value for key, value in _SMALL.items() if key in known}))


def _work(chosen: Sequence[Target]) -> None:
    """Constructs networks in this process and tells of each."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    warnings.simplefilter("ignore")
    os.environ["HF_HUB_OFFLINE"] = "1"
    for target in chosen:
        row = Row(target.package, target.name)
        began = time.perf_counter()
        try:
            infos, classes, row.is_deferred = _describe(target)
            _hold(row, infos, classes)
        except Exception as error:  # whatever may be wrong in a stranger's constructor
            row.error = f"{type(error).__name__}: {error}".split("\n-----")[0][:300]
        row.seconds = round(time.perf_counter() - began, 2)
        _tell(asdict(row))


def _describe(target: Target) -> tuple[tuple[ParamInfo, ...], Classes, bool]:
    from ms_initkit.networks.describe import describe

    if target.package == "manifests":
        path = MANIFESTS / f"{target.name}.json"
        infos = read_manifest(path)
        return infos, Classes(network_of(path), modules_of(path)), True
    make = _make(target)
    is_deferred = True
    try:
        with mik.deferred():
            net = make()
    except Exception:  # it needs its weights
        is_deferred = False
        net = make()
    return describe(net), classes_of(net), is_deferred


def _hold(row: Row, infos: Sequence[ParamInfo], classes: Classes) -> None:
    """Fills ``row`` with what the recipe that is recommended for the network, or ``base``, would do."""
    found = suggest(infos, classes, shipped(), load_recipe)
    if found.recipe is None:
        found = suggest(infos, Classes(), [one for one in shipped() if one.name == BASE], load_recipe)
    first = found.candidates[0]
    row.network = classes.name
    row.recipe = first.recipe
    row.tensors, row.elements = found.whole
    row.own, row.inherited, row.kept = first.own.tensors, first.inherited.tensors, first.kept.tensors
    row.unmatched, row.unused, row.failures = first.unmatched, first.unused, first.failures


def _tell(what: object) -> None:
    sys.stdout.write(f"\n{_MARK}{json.dumps(what)}\n")
    sys.stdout.flush()


def _visit(chosen: Sequence[Target]) -> Iterator[Row]:
    """Yields a row per network, whatever becomes of the processes that construct them."""
    waiting = list(chosen)
    while waiting:
        batch = [target for target in waiting if target.package == waiting[0].package][:_BATCH]
        told, ending = _ask("--worker", json.dumps([asdict(target) for target in batch]))
        yield from (Row(**values) for values in told)
        if len(told) < len(batch):
            lost = batch[len(told)]
            yield Row(lost.package, lost.name, error=ending)
        done = batch[: len(told) + 1]
        waiting = [target for target in waiting if target not in done]


def _ask(*arguments: str) -> tuple[list[Any], str]:
    """Returns what a worker told, and how it ended."""
    try:
        run = subprocess.run(
            [sys.executable, "-m", "tests.zoo", *arguments],
            cwd=ROOT,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
        last = run.stderr.decode(errors="replace").strip().split("\n")[-1]
        output, ending = run.stdout, f"crashed with status {run.returncode}: {last}"
    except subprocess.TimeoutExpired as error:
        output, ending = error.stdout or b"", "timeout"
    lines = output.decode(errors="replace").split("\n")
    return [json.loads(line.removeprefix(_MARK)) for line in lines if line.startswith(_MARK)], ending


def page(rows: Sequence[Row]) -> str:
    """Returns the page of these rows."""
    constructed = [row for row in rows if not row.error]
    whole = sum(row.is_whole for row in constructed)
    share = f"{whole} of {len(constructed)} ({100 * whole / max(1, len(constructed)):.1f} %)"
    parts = [
        "# Networks that other people wrote",
        _HEAD.format(constructed=len(constructed), share=share, versions=", ".join(_versions())),
        _summary(rows),
        "## Not claimed whole",
        _exceptions([row for row in constructed if not row.is_whole]) or "None.",
        "## Not constructed",
        _ASCEND,
        _failures([row for row in rows if row.error]) or "None.",
    ]
    for package, title in _TITLES.items():
        chosen = [row for row in constructed if row.package == package]
        if chosen:
            parts += [f"## {title}", _table(chosen)]
    return "\n\n".join(parts) + "\n"


_HEAD: Final = """\
Of these networks {constructed} were constructed, and each was given the recipe that `ms-initkit suggest` names for its
class, `base` where none is made for it. **{share} are claimed whole**: a rule for every
trainable parameter, and no rule unused that is not optional. The others are listed with the reason.

Claimed is what is counted here, not whether the values are the reference's: that is [the truth](truth.md).

Written by `make zoo` ([tests/zoo.py](../tests/zoo.py)) with {versions}.
Seconds are for constructing, without values where it can be, choosing among the family's recipes and planning."""
_ASCEND: Final = """\
Operators that MindSpore has for Ascend only keep most of mindone from being constructed on a CPU. Many of its networks
are among the manifests below, written down with such operators stood in for."""
_TITLES: Final = {
    "mindcv": "mindcv",
    "mindyolo": f"mindyolo, model files of commit {MINDYOLO_COMMIT}",
    "mindone": "mindone, one class per configuration, at small sizes",
    "manifests": "tests/manifests",
    "mindspore": "MindSpore's own layers",
}


def _versions() -> Iterator[str]:
    for package in ("mindspore", "mindcv", "mindyolo", "mindone", "transformers"):
        try:
            yield f"{package} {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:
            yield f"no {package}"


def _summary(rows: Sequence[Row]) -> str:
    lines = [
        "| | networks | constructed | claimed whole | by a family's recipe | by `base` |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for package in [*_TITLES, "all"]:
        chosen = [row for row in rows if package in (row.package, "all")]
        made = [row for row in chosen if not row.error]
        whole = [row for row in made if row.is_whole]
        base = sum(row.recipe == BASE for row in whole)
        lines.append(f"| {package} | {len(chosen)} | {len(made)} | {len(whole)} | {len(whole) - base} | {base} |")
    return "\n".join(lines)


def _exceptions(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    lines = ["| network | recipe | left over | why |", "|---|---|---|---|"]
    for row in rows:
        left = [f"{len(row.unmatched)} unmatched: {', '.join(_kinds(row.unmatched))}"] if row.unmatched else []
        left += [f"unused: {', '.join(row.unused)}"] if row.unused else []
        left += list(row.failures)
        lines.append(f"| {row.name} ({row.package}) | {row.recipe} | {'; '.join(left)} | {_reason(row)} |")
    return "\n".join(lines)


def _kinds(names: Sequence[str]) -> list[str]:
    """Returns names with their indices left out, each once."""
    return list(dict.fromkeys("`" + re.sub(r"\b\d+\b", "N", name) + "`" for name in names))


def _failures(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        reasons.setdefault((row.package, _reason(row)), []).append(row.name)
    lines = ["| package | why | networks |", "|---|---|---|"]
    for (package, reason), names in sorted(reasons.items(), key=lambda entry: (entry[0][0], -len(entry[1]))):
        lines.append(f"| {package} | {reason} | {len(names)}: {', '.join(names)} |")
    return "\n".join(lines)


def _reason(row: Row) -> str:
    for package, name, reason in _REASONS:
        if bool(row.error) == (name in _BROKEN) and row.package == package and fnmatchcase(row.name, name):
            return reason
    for pattern, reason in _ERRORS:
        found = re.search(pattern, row.error)
        if found is not None:
            return found.expand(reason)
    return " ".join(row.error.replace("|", "/").split())[:160] if row.error or row.recipe != BASE else _RAW


def _table(rows: Sequence[Row]) -> str:
    first = ("network", "class", "recipe", "parameters", "elements")
    head = (*first, "own rules", "base rules", "kept", "unmatched", "unused rules", "seconds")
    lines = ["| " + " | ".join(head) + " |"]
    lines += ["|---|---|---|" + "--:|" * (len(head) - 3)]
    for row in rows:
        counts = (row.tensors, row.elements, row.own, row.inherited, row.kept, len(row.unmatched), len(row.unused))
        cells = (row.name, row.network, row.recipe, *(f"{count:,}" for count in counts), f"{row.seconds:.2f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
