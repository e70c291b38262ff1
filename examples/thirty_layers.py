"""Thirty plain layers learn from He's initialisation, and not from N(0, 0.01): curves in build/thirty_layers.png."""

from pathlib import Path

import mindspore
import numpy as np
from matplotlib.figure import Figure
from mindspore import Tensor, nn, value_and_grad
from sklearn.datasets import load_digits

import ms_initkit as mik

STEPS = 60


def net_of(depth: int = 30, width: int = 64) -> nn.Cell:
    """Returns ReLU layers without norms or shortcuts, as He et al. 2015 used them (section 2.2)."""
    layers = [layer for _ in range(depth - 1) for layer in (nn.Dense(width, width), nn.ReLU())]
    return nn.SequentialCell(*layers, nn.Dense(width, 10))


def train(init: object) -> list[float]:
    """Returns the loss at every step from weights drawn by ``init``."""
    digits = load_digits()
    inputs = Tensor(((digits.data - digits.data.mean()) / digits.data.std()).astype(np.float32)[:600])
    labels = Tensor(digits.target.astype(np.int32)[:600])
    with mik.deferred():
        net = net_of()
    mik.apply(net, {"**.weight": init, "**.bias": 0}, seed=1)
    optimizer = nn.Adam(net.trainable_params(), learning_rate=1e-3)
    loss = nn.CrossEntropyLoss()
    step = value_and_grad(lambda a, b: loss(net(a), b), None, optimizer.parameters)
    curve = []
    for _ in range(STEPS):
        value, gradients = step(inputs, labels)
        optimizer(gradients)
        curve.append(float(value))
    return curve


def main() -> None:
    """Trains twice and draws both curves."""
    curves = {"he_normal": train("he_normal"), "N(0, 0.01)": train({"normal": 0.01})}
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, curve in curves.items():
        axes.plot(curve, label=name)
        print(f"{name}: loss {curve[0]:.3f} -> {curve[-1]:.3f}")
    axes.set(xlabel="step", ylabel="loss", title="30 plain ReLU layers on digits")
    axes.legend()
    Path("build").mkdir(exist_ok=True)
    figure.savefig("build/thirty_layers.png", dpi=120)


if __name__ == "__main__":
    mindspore.set_seed(0)
    main()
