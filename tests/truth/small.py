"""One small configuration per class, from the signature of its configuration's constructor. Plain Python."""

from __future__ import annotations

import inspect
from typing import Any, Final, TypeAlias

Foreign: TypeAlias = Any
"""A class or object of a package that only the environments of the harness have."""

# Three layers, so that rules of depth show; widths that every number of heads divides.
SIZES: Final[dict[str, int]] = {
    **dict.fromkeys(("hidden_size", "n_embd", "d_model", "dim", "emb_dim", "word_embed_proj_dim"), 128),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers"), 3),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads"), 4),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("intermediate_size", "hidden_dim", "d_ff", "ffn_dim", "ffn_hidden_size", "d_inner"), 256),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim", "ffn_intermediate_size"), 256),
    **dict.fromkeys(("encoder_layers", "decoder_layers", "num_encoder_layers", "num_decoder_layers"), 2),
    **dict.fromkeys(("encoder_num_hidden_layers", "decoder_num_hidden_layers", "num_key_value_heads"), 2),
    **dict.fromkeys(("head_dim", "d_kv", "d_head"), 32),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts"), 4),
    **dict.fromkeys(("moe_intermediate_size", "shared_expert_intermediate_size", "embedding_size"), 64),
    **dict.fromkeys(("projection_dim", "image_size"), 64),
    **dict.fromkeys(("max_position_embeddings", "n_positions"), 128),
    "num_experts_per_tok": 2,
    "vocab_size": 1000,
    "pad_token_id": 0,
}
# Left alone where the class leaves them to others: a number would switch something on.
OPTIONAL: Final = ("num_key_value_heads", "head_dim", "n_routed_experts")
DEEPEST: Final = 3
DROPPED: Final = "drop"


def configuration(kind: Foreign, more: dict[str, Any] | None = None) -> dict[str, Any]:
    """Returns keyword arguments for a configuration class of transformers; ``more`` is laid over them.

    In ``more`` the text ``drop`` takes an argument away; mappings go into the part of that name.
    """
    return laid_over(_arguments(kind, 0), more or {})


def laid_over(arguments: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Returns ``arguments`` with ``more`` laid over them."""
    out = dict(arguments)
    for key, value in more.items():
        if value == DROPPED:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = laid_over(out[key], value)
        else:
            out[key] = value
    return out


def sized(defaults: dict[str, Any], sizes: dict[str, int]) -> dict[str, Any]:
    """Returns those of ``sizes`` that a signature with ``defaults`` has, where its own default is one number."""
    return {
        key: value
        for key, value in sizes.items()
        if key in defaults
        and not isinstance(defaults[key], (list, tuple, dict, bool))
        and not (defaults[key] is None and key in OPTIONAL)
        and not (key == "image_size" and not isinstance(defaults[key], int))
    }


def defaults_of(kind: Foreign) -> dict[str, Any]:
    """Returns the parameters of a class's own constructor with their defaults."""
    own = next((one.__dict__["__init__"] for one in kind.__mro__ if "__init__" in one.__dict__), None)
    try:
        parameters = inspect.signature(own).parameters if own is not None else {}
    except (TypeError, ValueError):
        return {}
    return {name: parameter.default for name, parameter in parameters.items() if name != "self"}


def _arguments(kind: Foreign, depth: int) -> dict[str, Any]:
    out = sized(defaults_of(kind), SIZES)
    parts = getattr(kind, "sub_configs", None)
    if not isinstance(parts, dict) or depth >= DEEPEST:
        return out
    for name, part in parts.items():
        if part.__name__ not in ("AutoConfig", "PretrainedConfig", "PreTrainedConfig"):
            out[name] = _arguments(part, depth + 1)
            continue
        # Which class it is, an object made with no arguments knows.
        found: Foreign = getattr(_made(kind), name, None)
        if hasattr(found, "model_type"):
            out[name] = {"model_type": found.model_type, **_arguments(type(found), depth + 1)}
    return out


def _made(kind: Foreign) -> Foreign:
    try:
        return kind()
    except Exception:  # a stranger's constructor may ask for anything
        return None
