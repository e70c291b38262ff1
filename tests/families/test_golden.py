"""The plan of one network per family and naming style, line by line: a change of a recipe shows in review as a diff.

``pytest tests/families/test_golden.py --update-golden`` rewrites the files.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from ms_initkit.stages.plan import plan_infos
from tests.reference.comparison import network_infos

GOLDEN = Path(__file__).parents[1] / "golden"
MANIFESTS = [
    ("llama", "mindone-LlamaForCausalLM"),
    ("llama", "mindone-Qwen2ForCausalLM"),
    ("llama", "mindone-Qwen3ForCausalLM"),
    ("llama", "mindone-Olmo2ForCausalLM"),
    ("llama", "mindformers-LlamaForCausalLM"),
    ("llama-torchtitan", "mindformers-LlamaForCausalLM"),
    ("gpt2", "mindone-GPT2LMHeadModel"),
    ("gpt-neox-hf", "mindone-GPTNeoXForCausalLM"),
    ("mixtral", "mindone-MixtralForCausalLM"),
    ("deepseek-v3-hf", "mindone-DeepseekV2ForCausalLM"),
    ("bert", "mindone-BertForPreTraining"),
    ("bert-google", "mindone-BertForPreTraining"),
    ("t5", "mindone-T5ForConditionalGeneration"),
    ("bart", "mindone-BartForConditionalGeneration"),
    ("whisper", "mindone-WhisperForConditionalGeneration"),
    ("wav2vec2", "mindone-Wav2Vec2ForCTC"),
    ("clip", "mindone-CLIPModel"),
    ("mamba-hf", "mindone-MambaForCausalLM"),
    ("mamba2-hf", "mindone-Mamba2ForCausalLM"),
    ("rwkv-hf", "mindone-RwkvForCausalLM"),
    ("vit-hf", "mindone-ViTForImageClassification"),
    ("deit-hf", "mindone-DeiTForImageClassificationWithTeacher"),
    ("beit", "mindone-BeitForImageClassification"),
    ("dinov2", "mindone-Dinov2Model"),
    ("vit-mae", "mindone-ViTMAEForPreTraining"),
    ("swin-hf", "mindone-SwinForImageClassification"),
    ("vae", "mindone-diffusers_AutoencoderKL"),
    ("sd-unet-diffusers", "mindone-diffusers_UNet2DConditionModel"),
    ("dit-diffusers", "mindone-diffusers_DiTTransformer2DModel"),
    ("yolov5", "mindyolo-yolov5s"),
    ("yolox", "mindyolo-yolox-s"),
]
FACTORIES = [
    ("resnet", "resnet18"),
    ("resnet-timm", "resnet18"),
    ("vgg", "vgg16"),
    ("squeezenet", "squeezenet1_0"),
    ("googlenet", "googlenet"),
    ("mobilenet-v2", "mobilenet_v2_100"),
    ("mobilenet-v3", "mobilenet_v3_small_100"),
    ("edgenext", "edgenext_xx_small"),
    ("vit", "vit_b_32_224"),
    ("vit-jax", "vit_b_32_224"),
    ("vit-moco", "vit_b_32_224"),
    ("swin", "swin_tiny"),
    ("mixer", "mlp_mixer_b_p16"),
]
NETWORKS = [(recipe, name, {"manifest": name}) for recipe, name in MANIFESTS] + [
    (recipe, f"mindcv-{name}", {"factory": f"mindcv.models:{name}"}) for recipe, name in FACTORIES
]


@pytest.mark.parametrize(("recipe", "name", "network"), NETWORKS, ids=[f"{row[0]}--{row[1]}" for row in NETWORKS])
def test_a_plan_is_the_golden_one(recipe: str, name: str, network: dict[str, str], update_golden: bool) -> None:
    path = GOLDEN / f"{recipe}--{name}.txt"
    text = str(replace(plan_infos(network_infos(json.dumps(network)), recipe), findings=()))

    if update_golden:
        path.write_text(text, encoding="utf-8")
    golden = path.read_text(encoding="utf-8")

    difference = "\n".join(difflib.unified_diff(golden.splitlines(), text.splitlines(), "golden", "now", lineterm=""))
    assert text == golden, f"{difference}\n\nif this is meant: pytest tests/families/test_golden.py --update-golden"
