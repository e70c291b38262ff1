"""Two processes, each of which draws its half of a column-parallel layer: msrun --worker_num=2 --local_worker_num=2 ...

Run without msrun, it draws the whole layer and prints the digest that the two halves have together.
"""

import hashlib
import os

import mindspore
import numpy as np
from mindspore import Tensor, nn, ops
from mindspore.communication import get_rank, init

import ms_initkit as mik

INPUTS, OUTPUTS, SEED = 64, 128, 7
RECIPE = {"**.weight": "xavier_normal", "**.bias": 0}


class Net(nn.Cell):
    """A layer that is column parallel: each rank has some of the outputs."""

    def __init__(self, ranks: int) -> None:
        super().__init__()
        self.fc = nn.Dense(INPUTS, OUTPUTS // ranks)


def main() -> None:
    """Draws, puts the halves together and prints the digest of the whole."""
    ranks = int(os.environ.get("MS_WORKER_NUM", "1"))
    layout = None
    if ranks > 1:
        mindspore.set_device("CPU")
        init()
        rule = mik.layouts.place("fc.*", mik.layouts.split(0, "tp"))
        layout = mik.layouts.layout({"tp": ranks}, [rule]).at(get_rank())
    with mik.deferred():
        net = Net(ranks)
    report = mik.apply(net, RECIPE, seed=SEED, layout=layout)
    assert not mik.verify(net, report.plan, seed=SEED)

    weight = net.fc.weight.asnumpy()
    if ranks > 1:
        mik.check_ranks(report.plan, seed=SEED, part=f"rank {get_rank()}")  # what all ranks are about to do agrees
        weight = ops.AllGather()(Tensor(weight)).asnumpy()
    print(f"{ranks} rank(s): {hashlib.sha256(np.ascontiguousarray(weight).tobytes()).hexdigest()[:16]}")


if __name__ == "__main__":
    main()
