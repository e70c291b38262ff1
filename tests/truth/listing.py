"""Which networks a MindSpore package has, those that stand for their configuration's others first.

python -m tests.truth.listing PACKAGE
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any, Final

# Of the classes of one configuration, the one with the most heads says the most.
HEADS: Final = (
    "ForPreTraining",
    "ForConditionalGeneration",
    "ForCausalLM",
    "LMHeadModel",
    "MTModel",
    "ForMaskedLM",
    "ForCTC",
    "ForObjectDetection",
    "ForImageClassification",
    "ForUniversalSegmentation",
    "ForDepthEstimation",
    "Model",
)


def transformers() -> list[str]:
    """Returns the networks of mindone.transformers."""
    module = importlib.import_module("mindone.transformers")
    base = importlib.import_module("mindone.transformers.modeling_utils").PreTrainedModel
    groups: dict[str, list[str]] = {}
    for name in dir(module):
        kind = getattr(module, name, None)
        if not isinstance(kind, type) or not issubclass(kind, base):
            continue
        config: Any = getattr(kind, "config_class", None)
        if config is not None and "PreTrainedModel" not in name and not name.startswith("Pretrained"):
            groups.setdefault(config.__name__, []).append(name)
    for names in groups.values():
        names.sort(key=_place)
    first = [names[0] for names in groups.values()]
    return first + [name for names in groups.values() for name in names[1:]]


def _place(name: str) -> tuple[int, int]:
    return next((i for i, head in enumerate(HEADS) if name.endswith(head)), len(HEADS)), len(name)


def diffusers() -> list[str]:
    """Returns the networks of mindone.diffusers."""
    module = importlib.import_module("mindone.diffusers")
    base = importlib.import_module("mindone.diffusers.models.modeling_utils").ModelMixin
    found = []
    for name in dir(module):
        try:
            kind = getattr(module, name)
        except RuntimeError:  # a pipeline whose packages are not there
            continue
        if isinstance(kind, type) and issubclass(kind, base) and kind is not base:
            found.append(name)
    return found


def mindcv() -> list[str]:
    """Returns the networks that mindcv registers."""
    return list(importlib.import_module("mindcv").list_models())


LISTS: Final = {"transformers": transformers, "diffusers": diffusers, "mindcv": mindcv}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(LISTS[sys.argv[1]]()) + "\n")
