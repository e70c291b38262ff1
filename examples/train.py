"""Trains a small network on made-up data, from weights that a recipe drew; every run prints the same losses."""

import mindspore
import numpy as np
from mindspore import Tensor, nn, value_and_grad

import ms_initkit as mik


class Net(nn.Cell):
    """Two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Dense(16, 64, activation="relu")
        self.output = nn.Dense(64, 4)

    def construct(self, x: Tensor) -> Tensor:
        """Returns the logits of ``x``."""
        return self.output(self.hidden(x))


def main() -> None:
    """Trains for 60 steps."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((256, 16), np.float32)
    labels = Tensor((x @ rng.standard_normal((16, 4), np.float32)).argmax(1), mindspore.int32)
    inputs = Tensor(x)

    with mik.deferred():
        net = Net()
    report = mik.apply(net, "mlp", seed=42, vars={"sigma": 0.1})
    print(report)

    loss = nn.CrossEntropyLoss()
    optimizer = nn.Momentum(net.trainable_params(), learning_rate=0.1, momentum=0.9)
    step = value_and_grad(lambda a, b: loss(net(a), b), None, optimizer.parameters)
    for number in range(61):
        value, gradients = step(inputs, labels)
        optimizer(gradients)
        if number % 20 == 0:
            print(f"step {number:2}  loss {float(value.asnumpy()):.4f}")


if __name__ == "__main__":
    main()
