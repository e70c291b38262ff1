"""A functional training loop: a small GPT on the text of Python's own help. Its first loss is ln(vocabulary)."""

import math
from pydoc_data.topics import topics

import mindspore
import numpy as np
from mindspore import Tensor, nn, ops, value_and_grad

import ms_initkit as mik

WIDTH, HEADS, LAYERS, CONTEXT, BATCH = 64, 4, 2, 32, 16
RECIPE = """
family: tiny-gpt                        # GPT-2's: Radford et al. 2019
vars: {sigma: 0.02, n_layers: {count: "blocks.{i}.**"}}
rules:
  - {match: "blocks.{i}.{project,down}.weight", init: {normal: sigma / sqrt(2 * n_layers)}}
  - {match: {param: "{weight,embedding_table}", cell: [Dense, Embedding]}, init: {normal: sigma}}
  - {match: {cell: LayerNorm, param: gamma}, init: ones}
  - {match: "**.{bias,beta}", init: zeros}
"""


class Block(nn.Cell):
    """Attention and a feed-forward network, each behind a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.CellList([nn.LayerNorm((WIDTH,)), nn.LayerNorm((WIDTH,))])
        self.qkv, self.project = nn.Dense(WIDTH, 3 * WIDTH), nn.Dense(WIDTH, WIDTH)
        self.up, self.down = nn.Dense(WIDTH, 4 * WIDTH), nn.Dense(4 * WIDTH, WIDTH)
        self.mask = Tensor(np.triu(np.full((CONTEXT, CONTEXT), -1e9, np.float32), 1))

    def construct(self, x: Tensor) -> Tensor:
        """Returns what the block makes of x (batch, context, width)."""
        heads = self.qkv(self.norms[0](x)).reshape(-1, CONTEXT, 3, HEADS, WIDTH // HEADS).transpose(2, 0, 3, 1, 4)
        scores = ops.matmul(heads[0], heads[1].swapaxes(2, 3)) / math.sqrt(WIDTH // HEADS) + self.mask
        seen = ops.matmul(ops.softmax(scores), heads[2]).transpose(0, 2, 1, 3).reshape(-1, CONTEXT, WIDTH)
        x = x + self.project(seen)
        return x + self.down(ops.gelu(self.up(self.norms[1](x))))


class Gpt(nn.Cell):
    """The language model."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.SequentialCell([Block() for _ in range(LAYERS)])
        self.norm = nn.LayerNorm((WIDTH,))
        self.head = nn.Dense(WIDTH, vocabulary, has_bias=False)

    def construct(self, tokens: Tensor) -> Tensor:
        """Returns the logits of the next tokens (batch, context, vocabulary)."""
        x = self.tokens(tokens) + self.positions(ops.arange(CONTEXT))
        return self.head(self.norm(self.blocks(x)))


def main() -> None:
    """Trains for 40 steps."""
    text = "".join(topics.values())
    characters = sorted(set(text))
    codes = np.array([characters.index(one) for one in text[:200_000]], np.int32)
    rng = np.random.default_rng(0)

    net = Gpt(len(characters))
    report = mik.apply(net, RECIPE, seed=1)
    assert not mik.verify(net, report.plan, seed=1)
    optimizer = nn.AdamWeightDecay(net.trainable_params(), learning_rate=3e-3)

    def loss_of(tokens: Tensor, following: Tensor) -> Tensor:
        return ops.cross_entropy(net(tokens).reshape(-1, len(characters)), following.reshape(-1))

    step = value_and_grad(loss_of, None, optimizer.parameters)
    for number in range(41):
        starts = rng.integers(0, len(codes) - CONTEXT - 1, BATCH)
        window = np.stack([codes[start : start + CONTEXT + 1] for start in starts])
        loss, gradients = step(Tensor(window[:, :-1]), Tensor(window[:, 1:]))
        optimizer(gradients)
        if number % 20 == 0:
            print(f"step {number}: loss {float(loss):.4f}, ln({len(characters)}) = {math.log(len(characters)):.4f}")


if __name__ == "__main__":
    mindspore.set_seed(0)
    main()
