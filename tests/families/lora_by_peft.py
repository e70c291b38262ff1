"""Writes lora_by_peft.json: how peft starts its adapters. Run where torch and peft are installed.

python tests/families/lora_by_peft.py > tests/families/lora_by_peft.json
"""

from __future__ import annotations

import json
import sys

import peft
import torch

RANK, ALPHA = 3, 6


class Net(torch.nn.Module):
    """A layer of each kind that peft adapts."""

    def __init__(self) -> None:
        super().__init__()
        self.large = torch.nn.Linear(512, 256, bias=False)
        self.conv = torch.nn.Conv2d(64, 32, 3, bias=False)
        self.words = torch.nn.Embedding(1024, 64)
        self.small = torch.nn.Linear(7, 5, bias=False)
        self.small.weight.data = plain(5, 7)


def plain(*shape: int) -> torch.Tensor:
    """The tensor that the tests make, too: quarters in no order."""
    size = torch.Size(shape).numel()
    return (((torch.arange(size) * 37) % 101) / 4.0 - 12.0).reshape(shape).float()


def adapted(scheme: bool | str, layers: list[str], rank: int = RANK, *, dora: bool = False) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    config = peft.LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules=layers, init_lora_weights=scheme, use_dora=dora
    )
    model = peft.get_peft_model(Net(), config)
    prefix = "base_model.model."
    return {name.removeprefix(prefix): value.detach() for name, value in model.named_parameters()}


drawn = {}
for scheme in (True, "gaussian"):
    for name, value in adapted(scheme, ["large", "conv", "words"], 16).items():
        if "lora_" in name:
            kinds = {"shape": list(value.shape), "std": float(value.std()), "largest": float(value.abs().max())}
            drawn[f"{scheme} {name}"] = kinds

made = {}
for scheme in ("pissa", "olora"):
    found = adapted(scheme, ["small"])
    product = found["small.lora_B.default.weight"] @ found["small.lora_A.default.weight"]
    made[scheme] = {
        "A": found["small.lora_A.default.weight"].tolist(),
        "B": found["small.lora_B.default.weight"].tolist(),
        "product": product.tolist(),
        "base": found["small.base_layer.weight"].tolist(),
    }
made["dora"] = {"magnitude": adapted(True, ["small"], dora=True)["small.lora_magnitude_vector.default.weight"].tolist()}

versions = f"peft {peft.__version__}, torch {torch.__version__}"
json.dump({"made_with": versions, "rank": RANK, "alpha": ALPHA, "drawn": drawn, "made": made}, sys.stdout)
