"""Networks whose package does not construct here, by the manifests that the tests have; what it draws is not known."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Final

from ms_initkit.networks.manifest import modules_of, network_of, read_manifest
from ms_initkit.networks.params import ParamInfo
from ms_initkit.plans.suggest import Classes
from tests.reference.comparison import HERE, MANIFESTS, counterpart, families
from tests.truth.laws import Law


@dataclass(frozen=True)
class Given:
    """One network.

    Args:
        manifest: Its parameters, of ``tests/manifests``.
        reference: What its reference was seen to draw, of ``tests/reference``.
        names: From its names to the reference's, as in a family file; None where the family's own are meant.
    """

    manifest: str
    reference: str
    names: dict[str, str | None] | None = None

    def infos(self) -> tuple[ParamInfo, ...]:
        """Returns its parameters."""
        return read_manifest(MANIFESTS / f"{self.manifest}.json")

    def classes(self) -> Classes:
        """Returns what it is called, and where."""
        path = MANIFESTS / f"{self.manifest}.json"
        own = network_of(path)
        return Classes(own, modules_of(path) or (self.manifest.partition("-")[0],) * len(own))

    def drawn(self) -> dict[str, Law]:
        """Returns what the reference draws, by the network's names."""
        names = _tables()[self.reference] if self.names is None else self.names
        seen = self._document()["parameters"]
        pairs = {info.name: counterpart(names, info.name)[1] for info in self.infos()}
        return {name: seen[other] for name, other in pairs.items() if other is not None}

    def version(self) -> str:
        """Returns the package and version of the reference."""
        packages = self._document()["packages"]
        return next(f"{name} {version}" for name, version in packages.items() if name not in ("numpy", "torch"))

    def _document(self) -> dict[str, dict[str, Law]]:
        return json.loads((HERE / f"{self.reference}.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


_LLAMA: Final[dict[str, str | None]] = {
    "model.tok_embeddings.embedding_weight": "model.embed_tokens.weight",
    "<p>.attention_norm.weight": "<p>.input_layernorm.weight",
    "<p>.ffn_norm.weight": "<p>.post_attention_layernorm.weight",
    "<p>.attention.wq.weight": "<p>.self_attn.q_proj.weight",
    "<p>.attention.wk.weight": "<p>.self_attn.k_proj.weight",
    "<p>.attention.wv.weight": "<p>.self_attn.v_proj.weight",
    "<p>.attention.wo.weight": "<p>.self_attn.o_proj.weight",
    "<p>.feed_forward.w1.weight": "<p>.mlp.gate_proj.weight",
    "<p>.feed_forward.w2.weight": "<p>.mlp.down_proj.weight",
    "<p>.feed_forward.w3.weight": "<p>.mlp.up_proj.weight",
    "model.norm_out.weight": "model.norm.weight",
    "lm_head.weight": "lm_head.weight",
}
GIVEN: Final[dict[str, dict[str, Given]]] = {
    "mindformers": {"LlamaForCausalLM": Given("mindformers-LlamaForCausalLM", "llama", _LLAMA)},
    "mindyolo": {
        "yolov3": Given("mindyolo-yolov3", "yolov3"),
        "yolov5s": Given("mindyolo-yolov5s", "yolov5"),
        "yolox-s": Given("mindyolo-yolox-s", "yolox"),
    },
}
ABSENT: Final[dict[str, dict[str, str]]] = {
    "mindformers": {
        "ChatGLM2ForConditionalGeneration": "no counterpart: its reference is in no package, but beside its weights"
    },
    "mindyolo": {},
}


@cache
def _tables() -> dict[str, dict[str, str | None]]:
    return {family.name: family.names for family in families()}
