"""Networks that no MindSpore package in reach has: the parameters of the references, in MindSpore's layers.

Only parameters matter here, so cells are put together by name and none of them computes anything.
"""

from __future__ import annotations

from collections.abc import Callable

from mindspore import Parameter, nn
from mindspore.common.initializer import initializer


class Tree(nn.Cell):
    """Cells and parameters under the names that they are given."""

    def __init__(self, **parts: nn.Cell | Parameter) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)


class GCNConv(Tree):
    """A graph convolution: owns its bias."""


class GATConv(Tree):
    """Graph attention: owns its attention vectors and bias."""


class GraphConvolution(Tree):
    """pygcn's layer: owns its weight, which is (inputs, outputs)."""


class RMSNorm(Tree):
    """Root mean square norm: owns its weight."""


def vector(*shape: int) -> Parameter:
    """Returns a parameter of a cell's own."""
    return Parameter(initializer("zeros", shape))


def stack(count: int, make: Callable[[int], nn.Cell]) -> nn.CellList:
    """Returns numbered cells."""
    return nn.CellList([make(index) for index in range(count)])


def olmo(width: int = 256, hidden: int = 1024, layers: int = 4, words: int = 1000) -> nn.Cell:
    """OLMo with biases: SwiGLU halves the hidden width before ff_out."""

    def block(_: int) -> nn.Cell:
        return Tree(
            attn_norm=nn.LayerNorm((width,)),
            att_proj=nn.Dense(width, 3 * width),
            attn_out=nn.Dense(width, width),
            ff_norm=nn.LayerNorm((width,)),
            ff_proj=nn.Dense(width, hidden),
            ff_out=nn.Dense(hidden // 2, width),
        )

    return Tree(
        transformer=Tree(
            wte=nn.Embedding(words, width),
            wpe=nn.Embedding(128, width),
            blocks=stack(layers, block),
            ln_f=nn.LayerNorm((width,)),
            ff_out=nn.Dense(width, words),
        )
    )


def olmo_core(width: int = 64, hidden: int = 256, layers: int = 3, words: int = 500) -> nn.Cell:
    """OLMo-core's Transformer."""

    def linear(inputs: int, outputs: int) -> nn.Cell:
        return nn.Dense(inputs, outputs, has_bias=False)

    def block(_: int) -> nn.Cell:
        return Tree(
            attention=Tree(
                w_q=linear(width, width), w_k=linear(width, width), w_v=linear(width, width), w_out=linear(width, width)
            ),
            attention_norm=RMSNorm(weight=vector(width)),
            feed_forward=Tree(w1=linear(width, hidden), w2=linear(hidden, width), w3=linear(width, hidden)),
            feed_forward_norm=RMSNorm(weight=vector(width)),
        )

    return Tree(
        embeddings=nn.Embedding(words, width),
        blocks=stack(layers, block),
        lm_head=Tree(norm=RMSNorm(weight=vector(width)), w_out=linear(width, words)),
    )


def megatron(width: int = 256, layers: int = 4, words: int = 1000, experts: int = 0) -> nn.Cell:
    """Megatron-LM core's GPTModel, dense with biases or a mixture of experts without."""
    has_bias = experts == 0

    def feed_forward() -> nn.Cell:
        return Tree(
            linear_fc1=nn.Dense(width, 4 * width, has_bias=has_bias),
            linear_fc2=nn.Dense(4 * width, width, has_bias=has_bias),
        )

    def mixture() -> nn.Cell:
        return Tree(
            router=Tree(weight=vector(experts, width)),
            experts=Tree(local_experts=stack(experts, lambda _: feed_forward())),
        )

    def layer(_: int) -> nn.Cell:
        return Tree(
            input_layernorm=nn.LayerNorm((width,)),
            self_attention=Tree(
                linear_proj=nn.Dense(width, width, has_bias=has_bias),
                linear_qkv=nn.Dense(width, 3 * width, has_bias=has_bias),
            ),
            pre_mlp_layernorm=nn.LayerNorm((width,)),
            mlp=mixture() if experts else feed_forward(),
        )

    return Tree(
        embedding=Tree(word_embeddings=nn.Embedding(words, width), position_embeddings=nn.Embedding(128, width)),
        decoder=Tree(layers=stack(layers, layer), final_layernorm=nn.LayerNorm((width,))),
        output_layer=nn.Dense(width, words, has_bias=False),
    )


def clip_resnet(width: int = 256, layers: int = 2, channels: int = 32) -> nn.Cell:
    """OpenAI's CLIP with the modified ResNet, one bottleneck per stage."""
    pooled = 32 * channels

    def convolution(inputs: int, outputs: int, kernel: int) -> nn.Cell:
        return nn.Conv2d(inputs, outputs, kernel)

    def bottleneck(inputs: int, planes: int) -> nn.Cell:
        return Tree(
            conv1=convolution(inputs, planes, 1),
            bn1=nn.BatchNorm2d(planes),
            conv2=convolution(planes, planes, 3),
            bn2=nn.BatchNorm2d(planes),
            conv3=convolution(planes, 4 * planes, 1),
            bn3=nn.BatchNorm2d(4 * planes),
            downsample=nn.CellList([convolution(inputs, 4 * planes, 1), nn.BatchNorm2d(4 * planes)]),
        )

    stages = {
        f"layer{k}": nn.CellList([bottleneck(channels if k == 1 else channels * 2**k, channels * 2 ** (k - 1))])
        for k in (1, 2, 3, 4)
    }
    visual = Tree(
        conv1=convolution(3, channels // 2, 3),
        bn1=nn.BatchNorm2d(channels // 2),
        conv2=convolution(channels // 2, channels // 2, 3),
        bn2=nn.BatchNorm2d(channels // 2),
        conv3=convolution(channels // 2, channels, 3),
        bn3=nn.BatchNorm2d(channels),
        **stages,
        attnpool=Tree(
            positional_embedding=vector(5, pooled),
            k_proj=nn.Dense(pooled, pooled),
            q_proj=nn.Dense(pooled, pooled),
            v_proj=nn.Dense(pooled, pooled),
            c_proj=nn.Dense(pooled, width),
        ),
    )

    def block(_: int) -> nn.Cell:
        return Tree(
            attn=nn.MultiheadAttention(width, 4),
            ln_1=nn.LayerNorm((width,)),
            mlp=Tree(c_fc=nn.Dense(width, 4 * width), c_proj=nn.Dense(4 * width, width)),
            ln_2=nn.LayerNorm((width,)),
        )

    return Tree(
        visual=visual,
        transformer=Tree(resblocks=stack(layers, block)),
        token_embedding=nn.Embedding(1000, width),
        ln_final=nn.LayerNorm((width,)),
        positional_embedding=vector(77, width),
        text_projection=vector(width, width),
        logit_scale=Parameter(initializer("zeros", ())),
    )


def lstm_lm(words: int = 500, width: int = 32, hidden: int = 48) -> nn.Cell:
    """RNNModel of PyTorch's examples."""
    return Tree(
        encoder=nn.Embedding(words, width), rnn=nn.LSTM(width, hidden, num_layers=2), decoder=nn.Dense(hidden, words)
    )


def seq2seq(words: int = 500, width: int = 32, hidden: int = 48) -> nn.Cell:
    """fairseq's LSTM encoder and decoder with attention."""
    return Tree(
        encoder=Tree(embed_tokens=nn.Embedding(words, width), lstm=nn.LSTM(width, hidden)),
        decoder=Tree(
            embed_tokens=nn.Embedding(words, width),
            layers=nn.CellList([nn.LSTMCell(width + hidden, hidden)]),
            attention=Tree(
                input_proj=nn.Dense(hidden, hidden, has_bias=False),
                output_proj=nn.Dense(2 * hidden, hidden, has_bias=False),
            ),
            fc_out=nn.Dense(hidden, words),
        ),
    )


def seq2seq_tutorial(cell: str = "LSTM", words: int = 500, width: int = 32, hidden: int = 48) -> nn.Cell:
    """The encoder and decoder of the first and second notebooks."""
    recurrent = {"LSTM": nn.LSTM, "GRU": nn.GRU}[cell]
    return Tree(
        encoder=Tree(embedding=nn.Embedding(words, width), rnn=recurrent(width, hidden)),
        decoder=Tree(
            embedding=nn.Embedding(words, width), rnn=recurrent(width, hidden), fc_out=nn.Dense(hidden, words)
        ),
    )


def seq2seq_attention(words: int = 500, width: int = 32, hidden: int = 48) -> nn.Cell:
    """The encoder, attention and decoder of the third notebook."""
    return Tree(
        encoder=Tree(
            embedding=nn.Embedding(words, width),
            rnn=nn.GRU(width, hidden, bidirectional=True),
            fc=nn.Dense(2 * hidden, hidden),
        ),
        decoder=Tree(
            attention=Tree(attn=nn.Dense(3 * hidden, hidden), v=nn.Dense(hidden, 1, has_bias=False)),
            embedding=nn.Embedding(words, width),
            rnn=nn.GRU(2 * hidden + width, hidden),
            fc_out=nn.Dense(3 * hidden + width, words),
        ),
    )


def rwkv7(width: int = 128, head: int = 64, layers: int = 3, words: int = 500) -> nn.Cell:
    """RWKV-7."""

    def linear(inputs: int, outputs: int) -> nn.Cell:
        return nn.Dense(inputs, outputs, has_bias=False)

    def block(index: int) -> nn.Cell:
        mixes = {f"x_{part}": vector(1, 1, width) for part in "rwkvag"}
        ranks = {f"{part}1": vector(width, 32) for part in "wavg"} | {f"{part}2": vector(32, width) for part in "wavg"}
        biases = {name: vector(1, 1, width) for name in ("w0", "a0", "v0", "k_k", "k_a")}
        matrices = {name: linear(width, width) for name in ("receptance", "key", "value", "output")}
        norms = {f"ln{n}": nn.LayerNorm((width,)) for n in ((0, 1, 2) if index == 0 else (1, 2))}
        return Tree(
            **norms,
            att=Tree(
                **mixes,
                **ranks,
                **biases,
                r_k=vector(width // head, head),
                **matrices,
                ln_x=nn.GroupNorm(width // head, width),
            ),
            ffn=Tree(x_k=vector(1, 1, width), key=linear(width, 4 * width), value=linear(4 * width, width)),
        )

    return Tree(
        emb=nn.Embedding(words, width),
        blocks=stack(layers, block),
        ln_out=nn.LayerNorm((width,)),
        head=linear(width, words),
    )


def gcn() -> nn.Cell:
    """PyG's GCN: the weight is in a linear layer without bias, the bias in the convolution."""
    sizes = ((256, 128), (128, 128), (128, 16))
    return Tree(convs=stack(3, lambda i: GCNConv(bias=vector(sizes[i][1]), lin=nn.Dense(*sizes[i], has_bias=False))))


def gat() -> nn.Cell:
    """PyG's GAT with 8 heads, whose outputs the last layer averages."""

    def convolution(inputs: int, heads: int, outputs: int, joined: int) -> nn.Cell:
        return GATConv(
            att_src=vector(1, heads, outputs),
            att_dst=vector(1, heads, outputs),
            bias=vector(joined),
            lin=nn.Dense(inputs, heads * outputs, has_bias=False),
        )

    return Tree(
        convs=nn.CellList([convolution(256, 8, 16, 128), convolution(128, 8, 16, 128), convolution(128, 8, 16, 16)])
    )


def pygcn() -> nn.Cell:
    """Kipf's GCN of two layers."""
    return Tree(
        gc1=GraphConvolution(weight=vector(256, 128), bias=vector(128)),
        gc2=GraphConvolution(weight=vector(128, 16), bias=vector(16)),
    )


def _attention(width: int) -> nn.Cell:
    return Tree(**{name: nn.Dense(width, width) for name in ("k_proj", "v_proj", "q_proj", "out_proj")})


def _torchscale_layers(count: int, is_decoder_of_both: bool, width: int = 256, hidden: int = 512) -> nn.Cell:
    def layer(_: int) -> nn.Cell:
        other = {"encoder_attn": _attention(width), "encoder_attn_layer_norm": nn.LayerNorm((width,))}
        return Tree(
            self_attn=_attention(width),
            self_attn_layer_norm=nn.LayerNorm((width,)),
            **(other if is_decoder_of_both else {}),
            ffn=Tree(fc1=nn.Dense(width, hidden), fc2=nn.Dense(hidden, width)),
            final_layer_norm=nn.LayerNorm((width,)),
        )

    return Tree(layers=stack(count, layer))


def deepnet(layers: int = 6) -> nn.Cell:
    """torchscale's encoder or decoder on its own."""
    return _torchscale_layers(layers, False)


def deepnet_encoder_decoder() -> nn.Cell:
    """torchscale's encoder of 4 layers with a decoder of 3."""
    return Tree(encoder=_torchscale_layers(4, False), decoder=_torchscale_layers(3, True))


def fairseq_transformer(
    encoder_layers: int = 4, decoder_layers: int = 3, has_norms: bool = True, width: int = 64, words: int = 500
) -> nn.Cell:
    """fairseq's Transformer with separate embeddings."""

    def norms(*names: str) -> dict[str, nn.Cell]:
        return {f"{name}_layer_norm": nn.LayerNorm((width,)) for name in names} if has_norms else {}

    def feed_forward() -> dict[str, nn.Cell]:
        return {"fc1": nn.Dense(width, 4 * width), "fc2": nn.Dense(4 * width, width)}

    def encoder_layer(_: int) -> nn.Cell:
        return Tree(self_attn=_attention(width), **feed_forward(), **norms("self_attn", "final"))

    def decoder_layer(_: int) -> nn.Cell:
        return Tree(
            self_attn=_attention(width),
            encoder_attn=_attention(width),
            **feed_forward(),
            **norms("self_attn", "encoder_attn", "final"),
        )

    return Tree(
        encoder=Tree(embed_tokens=nn.Embedding(words, width), layers=stack(encoder_layers, encoder_layer)),
        decoder=Tree(
            embed_tokens=nn.Embedding(words, width),
            layers=stack(decoder_layers, decoder_layer),
            output_projection=nn.Dense(width, words, has_bias=False),
        ),
    )


def neumf() -> nn.Cell:
    """NeuMF: factors of 8 and layers of 64, 32, 16 and 8."""
    return Tree(
        mf_embedding_user=nn.Embedding(1000, 8),
        mf_embedding_item=nn.Embedding(500, 8),
        mlp_embedding_user=nn.Embedding(1000, 32),
        mlp_embedding_item=nn.Embedding(500, 32),
        layer1=nn.Dense(64, 32),
        layer2=nn.Dense(32, 16),
        layer3=nn.Dense(16, 8),
        prediction=nn.Dense(16, 1),
    )


def deepfm() -> nn.Cell:
    """DeepFM of two categories and four numbers."""
    return Tree(
        embedding_dict=Tree(user=nn.Embedding(1000, 16), item=nn.Embedding(500, 16)),
        linear_model=Tree(
            embedding_dict=Tree(user=nn.Embedding(1000, 1), item=nn.Embedding(500, 1)), weight=vector(4, 1)
        ),
        out=Tree(bias=vector(1)),
        dnn=Tree(linears=nn.CellList([nn.Dense(36, 256), nn.Dense(256, 128)])),
        dnn_linear=nn.Dense(128, 1, has_bias=False),
    )


def fnn() -> nn.Cell:
    """DeepXDE's feed-forward network."""
    sizes = (2, 64, 64, 64, 1)
    return Tree(linears=stack(4, lambda i: nn.Dense(sizes[i], sizes[i + 1])))


def siren() -> nn.Cell:
    """SIREN with three hidden layers, as lucidrains/siren-pytorch names them."""
    sizes = (2, 256, 256, 256)
    return Tree(layers=stack(3, lambda i: nn.Dense(sizes[i], sizes[i + 1])), last_layer=nn.Dense(256, 3))


def nerf() -> nn.Cell:
    """NeRF: eight layers of points with a skip at the fifth, and views."""
    return Tree(
        pts_linears=stack(8, lambda i: nn.Dense(63 if i == 0 else 319 if i == 5 else 256, 256)),
        views_linears=nn.CellList([nn.Dense(283, 128)]),
        feature_linear=nn.Dense(256, 256),
        alpha_linear=nn.Dense(256, 1),
        rgb_linear=nn.Dense(128, 3),
    )


def layers() -> nn.Cell:
    """One of each layer, by the names that the torch and Keras references have."""
    return Tree(
        linear=nn.Dense(256, 128),
        conv1d=nn.Conv1d(32, 64, 5, has_bias=True),
        conv2d=nn.Conv2d(32, 64, 3, has_bias=True),
        conv2d_grouped=nn.Conv2d(32, 64, 3, group=4, has_bias=True),
        conv2d_depthwise=nn.Conv2d(64, 64, 3, group=64, has_bias=True),
        conv3d=nn.Conv3d(16, 32, 3, has_bias=True),
        conv1d_transposed=nn.Conv1dTranspose(32, 64, 5, has_bias=True),
        conv2d_transposed=nn.Conv2dTranspose(32, 64, 4, has_bias=True),
        conv2d_transposed_grouped=nn.Conv2dTranspose(32, 64, 4, group=4, has_bias=True),
        conv3d_transposed=nn.Conv3dTranspose(16, 32, 3, has_bias=True),
        embedding=nn.Embedding(500, 64),
        bilinear=nn.BiDense(16, 24, 32),
        rnn=nn.RNN(48, 64, num_layers=2, bidirectional=True),
        lstm=nn.LSTM(48, 64, num_layers=2, bidirectional=True),
        gru=nn.GRU(48, 64, num_layers=2),
        lstm_cell=nn.LSTMCell(48, 64),
        gru_cell=nn.GRUCell(48, 64),
        attention=nn.MultiheadAttention(64, 4),
        attention_separate=nn.MultiheadAttention(64, 4, kdim=48, vdim=32, add_bias_kv=True),
        encoder_layer=nn.TransformerEncoderLayer(64, 4, 128),
        decoder_layer=nn.TransformerDecoderLayer(64, 4, 128),
        encoder=nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4, 128), 2),
        transformer=nn.Transformer(64, 4, 2, 2, 128),
        batch_norm=nn.BatchNorm2d(64),
        instance_norm=nn.InstanceNorm2d(64),
        layer_norm=nn.LayerNorm((64,)),
        rms_norm=RMSNorm(weight=vector(64)),
        group_norm=nn.GroupNorm(4, 64),
        prelu=nn.PReLU(64),
    )


def keras_layers() -> nn.Cell:
    """The layers that Keras has too."""
    return Tree(
        dense=nn.Dense(256, 128),
        embedding=nn.Embedding(500, 64),
        conv1d=nn.Conv1d(32, 64, 5, has_bias=True),
        conv2d=nn.Conv2d(32, 64, 3, has_bias=True),
        conv2d_grouped=nn.Conv2d(32, 64, 3, group=4, has_bias=True),
        conv2d_depthwise=nn.Conv2d(64, 64, 3, group=64, has_bias=True),
        conv2d_transposed=nn.Conv2dTranspose(32, 64, 4, has_bias=True),
        conv3d=nn.Conv3d(16, 32, 3, has_bias=True),
        rnn=nn.RNN(48, 64),
        lstm=nn.LSTM(48, 64),
        gru=nn.GRU(48, 64),
        batch_norm=nn.BatchNorm1d(64),
        layer_norm=nn.LayerNorm((64,)),
        group_norm=nn.GroupNorm(4, 64),
        prelu=nn.PReLU(64),
    )
