"""Loads saved values back with MindSpore's own `load_checkpoint` and runs the network on one image."""

import sys

import mindspore
import numpy as np
from mindcv.models import resnet50


def main(path: str) -> None:
    """Loads ``path`` into a ResNet-50 and classifies an empty image."""
    net = resnet50()
    missing, unused = mindspore.load_param_into_net(net, mindspore.load_checkpoint(path, format="safetensors"))
    net.set_train(False)
    logits = net(mindspore.Tensor(np.zeros((1, 3, 224, 224), np.float32)))
    print(f"{path}: loaded by MindSpore, {len(missing)} missing, {len(unused)} unused; logits {logits.shape}")


if __name__ == "__main__":
    main(sys.argv[1])
