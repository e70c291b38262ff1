"""Fine-tuning: a backbone from a file, a head that is drawn, and proof that the backbone stays as it was loaded."""

from pathlib import Path

import mindspore
import numpy as np
from mindspore import Tensor, nn, ops, value_and_grad
from sklearn.datasets import load_digits

import ms_initkit as mik

STEPS = 80
RULES = [
    {"id": "pretrained", "match": "backbone.**", "from": "backbone.safetensors"},
    {"id": "new", "match": "head.weight", "init": {"normal": 0.01}},
    {"id": "bias", "match": "head.bias", "init": "zeros"},
]


class Net(nn.Cell):
    """A backbone of two layers and a head for ``classes`` classes."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.backbone = nn.SequentialCell(nn.Dense(64, 64), nn.ReLU(), nn.Dense(64, 32), nn.ReLU())
        self.head = nn.Dense(32, classes)

    def construct(self, x: Tensor) -> Tensor:
        """Returns the logits of x (n, 64)."""
        return self.head(self.backbone(x))


def train(net: Net, inputs: Tensor, labels: Tensor) -> float:
    """Trains what is trainable and returns the accuracy."""
    optimizer = nn.Adam(net.trainable_params(), learning_rate=3e-3)
    step = value_and_grad(lambda a, b: ops.cross_entropy(net(a), b), None, optimizer.parameters)
    for _ in range(STEPS):
        _, gradients = step(inputs, labels)
        optimizer(gradients)
    return float((net(inputs).argmax(1) == labels).float().mean())


def main() -> None:
    """Trains on the digits below 8, then a new head on all of them."""
    digits = load_digits()
    inputs, labels = Tensor((digits.data / 16).astype(np.float32)), Tensor(digits.target.astype(np.int32))
    known = Tensor(np.flatnonzero(digits.target < 8).astype(np.int32))

    first = Net(classes=8)
    mik.apply(first, {"**.weight": "he_normal", "**.bias": 0}, seed=1)
    print(f"digits below 8: accuracy {train(first, inputs[known], labels[known]):.3f}")
    mindspore.save_checkpoint(
        [{"name": name, "data": p} for name, p in first.parameters_and_names() if name.startswith("backbone.")],
        "backbone",
        format="safetensors",
    )

    net = Net(classes=10)
    for parameter in net.backbone.get_parameters():
        parameter.requires_grad = False
    report = mik.apply(net, {"family": "fine-tuning", "rules": RULES}, seed=2)
    print(report)
    print(f"all digits, the head alone is trained: accuracy {train(net, inputs, labels):.3f}")

    changed = {finding.parameter for finding in mik.verify(net, report.plan, seed=2)}
    assert changed == {"head.weight", "head.bias"}, changed
    print("verify: of all parameters only the head's have changed since the apply")
    Path("backbone.safetensors").unlink()


if __name__ == "__main__":
    main()
