"""`Model.train` on scikit-learn's digits: a callback initialises, proves it and writes a report."""

import mindspore
import numpy as np
from mindspore import nn
from mindspore.dataset import NumpySlicesDataset
from mindspore.train import Accuracy, Model
from sklearn.datasets import load_digits

import ms_initkit as mik


class Net(nn.Cell):
    """Two convolutions and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        first = [nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU()]
        second = [nn.Conv2d(16, 32, 3, stride=2), nn.BatchNorm2d(32), nn.ReLU()]
        self.features = nn.SequentialCell(*first, *second, nn.Flatten())
        self.head = nn.Dense(32 * 4 * 4, 10)

    def construct(self, x: mindspore.Tensor) -> mindspore.Tensor:
        """Returns the logits of images (n, 1, 8, 8)."""
        return self.head(self.features(x))


def main() -> None:
    """Trains for three epochs and tells the accuracy on what was held back."""
    mindspore.set_seed(1)  # the order of the batches; the weights depend on their own seed alone
    digits = load_digits()
    images = (digits.data.reshape(-1, 1, 8, 8) / 16).astype(np.float32)
    labels = digits.target.astype(np.int32)
    train = NumpySlicesDataset((images[:1500], labels[:1500]), shuffle=True).batch(50)
    test = NumpySlicesDataset((images[1500:], labels[1500:]), shuffle=False).batch(99)

    with mik.deferred():
        net = Net()
    rules = [
        {"match": {"cell": "Conv2d", "param": "weight"}, "init": {"he_normal": {"mode": "fan_out"}}},
        {"match": "head.weight", "init": {"normal": 0.01}},
    ]
    initialise = mik.ApplyRecipe(
        {"family": "digits", "extends": "base", "rules": rules}, seed=42, report="build/digits.html"
    )
    optimizer = nn.Momentum(net.trainable_params(), learning_rate=0.05, momentum=0.9)
    model = Model(net, nn.CrossEntropyLoss(), optimizer, metrics={"accuracy": Accuracy()})
    model.train(3, train, callbacks=[initialise], dataset_sink_mode=False)

    print(initialise.done)
    print(f"accuracy {model.eval(test, dataset_sink_mode=False)['accuracy']:.3f}")


if __name__ == "__main__":
    main()
