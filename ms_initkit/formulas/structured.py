"""Matrices and kernels with a structure: orthogonal, identity, sparse, repeated, interpolating."""

# ruff: noqa: D102 (check and resolve are documented by Formula)

from __future__ import annotations

import math
from dataclasses import field
from typing import Annotated, Literal

from ms_initkit import draws
from ms_initkit.formulas import fans
from ms_initkit.formulas.base import Formula, Site, initializer
from ms_initkit.formulas.fans import Fans
from ms_initkit.formulas.kinds import Alias, Gain, Positive, PositiveInteger, Range, Sigma
from ms_initkit.formulas.members import per_member
from ms_initkit.formulas.scaling import HeNormal


@initializer()
class Orthogonal(Formula):
    """Draws a matrix with W W^T = gain**2 I, or W^T W if it is tall: variance gain**2 / max(rows, columns).

    It is uniform (Haar) among all such: the QR decomposition of normal numbers, with the signs that make the
    diagonal of R positive; later axes are flattened into the columns. Needs the whole tensor at once, and
    linear algebra, which may differ in the last bit between machines.

    Args:
        gain: Factor: the singular values.
        column_axis: ``first`` takes the first axis as rows and flattens the others, as torch and MindSpore
            do; ``last`` takes the last axis as columns, as JAX and Keras do.

    Sources: Saxe et al. 2014 (arXiv:1312.6120); torch.nn.init.orthogonal_;
    mindspore.common.initializer.Orthogonal.
    """

    has_structure = True

    gain: Gain = 1.0
    column_axis: Literal["first", "last"] = "first"

    def resolve(self, site: Site) -> draws.Draw:
        return orthogonal(site.shape, self.gain, self.column_axis)


@initializer()
class BlockOrthogonal(Formula):
    """Draws every block of size ``split_sizes`` as an orthogonal matrix of its own.

    The blocks tile the tensor. Made for matrices that hold several gates or heads, each of which is to keep
    norms.

    Args:
        split_sizes: Extent of a block along each axis; each divides the tensor's.
        gain: Factor: the singular values of a block.

    Sources: allennlp.nn.initializers.block_orthogonal.
    """

    has_structure = True

    split_sizes: tuple[int, ...]
    gain: Gain = 1.0

    def resolve(self, site: Site) -> draws.Draw:
        if len(self.split_sizes) != len(site.shape):
            raise ValueError(f"split_sizes {self.split_sizes} must name each axis of the shape {site.shape}")
        for extent, size in zip(site.shape, self.split_sizes, strict=True):
            if size < 1 or extent % size:
                raise ValueError(f"split_sizes {self.split_sizes} do not divide the shape {site.shape}")
        draw: draws.Draw = orthogonal(self.split_sizes, self.gain)
        for axis in reversed(range(len(site.shape))):
            size = self.split_sizes[axis]
            count = site.shape[axis] // size
            if count > 1:
                draw = draws.Blocks(axis, (size,) * count, (draw,) * count)
        return draw


@initializer()
class DeltaOrthogonal(Formula):
    """Draws a convolution with W^T W = gain**2 I at its centre tap and 0 elsewhere, so that norms are kept.

    The kernel's layout is (out, in, *kernel), with out >= in; of an even kernel the left one of the two
    central taps.

    Args:
        gain: Factor: the singular values.

    Sources: Xiao et al. 2018, algorithm 1 (arXiv:1806.05393); jax.nn.initializers.delta_orthogonal.
    """

    has_structure = True

    gain: Annotated[float, Range(low=0.0), Alias(("scale",))] = 1.0

    def resolve(self, site: Site) -> draws.Draw:
        if not 3 <= len(site.shape) <= 5:
            raise ValueError(f"a kernel of 3 to 5 axes is needed, not the shape {site.shape}")
        if site.shape[1] > site.shape[0]:
            raise ValueError(f"{site.shape[0]} outputs are too few to keep the norm of {site.shape[1]} inputs")
        return draws.Whole("delta_orthogonal", (("gain", self.gain),)) if self.gain else draws.Constant(0.0)


@initializer()
class RwkvOrthogonal(Formula):
    """Draws an orthogonal matrix with singular values scale max(1, sqrt(rows / columns)).

    A tensor of three axes is a stack of matrices, each drawn on its own.

    Args:
        scale: Factor, > 0: 1, 0.5 or 0.1 in the models.

    Sources: BlinkDL/RWKV-LM, RWKV-v7/train_temp/src/model.py, ortho_init; RWKV-v4neo/src/model.py,
    generate_init_weight.
    """

    has_structure = True

    scale: Positive = 1.0

    def resolve(self, site: Site) -> draws.Draw:
        if len(site.shape) not in (2, 3):
            raise ValueError(f"a matrix or a stack of matrices is needed, not the shape {site.shape}")
        rows, columns = site.shape[-2:]
        gain = self.scale * math.sqrt(max(1.0, rows / columns))
        if len(site.shape) == 2:
            return orthogonal(site.shape, gain)
        # A slice of the stack has the shape (1, rows, columns): its columns are its last axis.
        draw = orthogonal((1, rows, columns), gain, "last")
        return draws.Blocks(0, (1,) * site.shape[0], (draw,) * site.shape[0])


@initializer("eye")
class Identity(Formula):
    """Sets a matrix to gain times the identity; 0 beyond the square part.

    A tensor of more than two axes is a stack of matrices once ``axes`` says which two of them are rows and columns.

    Args:
        gain: The diagonal.
        axes: The axes of the rows and of the columns; [-2, -1] for a stack of matrices as Haiku has it.

    Sources: mindspore.common.initializer.Identity; torch.nn.init.eye_; keras.initializers.Identity (gain); Le
    et al. 2015 for recurrent layers of rectifiers (arXiv:1504.00941); haiku.initializers.Identity (stacks).
    """

    has_structure = True

    gain: Gain = 1.0
    axes: tuple[int, ...] | None = None

    def check(self) -> None:
        if self.axes is not None and len(self.axes) != 2:
            raise ValueError(f"axes are the two of rows and columns, not {list(self.axes)}")

    def resolve(self, site: Site) -> draws.Draw:
        if self.axes is None and len(site.shape) != 2:
            raise ValueError(
                f"a matrix is needed, not the shape {site.shape}; for a convolution choose `dirac`, for a stack of "
                "matrices say which axes they have: {identity: {axes: [-2, -1]}}"
            )
        matrix = fans.axes_of(site.shape, self.axes or (0, 1))
        others = tuple(axis for axis in range(len(site.shape)) if axis not in matrix)
        return per_member(draws.Table("eye", (("gain", self.gain),)), others, len(site.shape))


@initializer()
class Dirac(Formula):
    """Sets a convolution to the identity: 1 at the centre tap, where input and output channel are the same.

    Of several groups of output channels, each is the identity; channels beyond the square part are 0.

    Args:
        groups: Number of groups of output channels, each of which repeats the identity.

    Sources: torch.nn.init.dirac_; mindspore.common.initializer.Dirac; Zagoruyko & Komodakis 2017
    (arXiv:1706.00388).
    """

    has_structure = True

    groups: PositiveInteger = 1

    def resolve(self, site: Site) -> draws.Draw:
        if not 3 <= len(site.shape) <= 5:
            raise ValueError(f"a kernel of 3 to 5 axes is needed, not {site.shape}; for a matrix choose `identity`")
        if site.shape[0] % self.groups:
            raise ValueError(f"{self.groups} groups do not divide the {site.shape[0]} output channels")
        return draws.Table("dirac", (("groups", self.groups),))


@initializer()
class Sparse(Formula):
    """Draws N(0, sigma**2) with ceil(sparsity rows) zeros in every column of a matrix, at random rows.

    Args:
        sparsity: Share of zeros in a column; 1 is nothing but zeros.
        sigma: Standard deviation of the others.

    Sources: Martens 2010, section 5; torch.nn.init.sparse_; mindspore.common.initializer.Sparse. Needs the
    whole tensor at once.
    """

    has_structure = True

    sparsity: Annotated[float, Range(0.0, 1.0)]
    sigma: Sigma = 0.01

    def resolve(self, site: Site) -> draws.Draw:
        if len(site.shape) != 2:
            raise ValueError(f"a matrix is needed, not the shape {site.shape}")
        if self.sparsity == 1.0 or self.sigma == 0.0:
            return draws.Constant(0.0)
        if math.ceil(self.sparsity * site.shape[0]) == site.shape[0]:
            raise ValueError(f"a sparsity of {self.sparsity} leaves nothing of columns of {site.shape[0]}")
        return draws.Whole("sparse", (("sparsity", self.sparsity), ("std", self.sigma)))


@initializer()
class Icnr(Formula):
    """Draws ``base`` for every scale**2-th output channel and repeats it scale**2 times in a row.

    The pixel shuffle that follows then starts as nearest-neighbour upsampling. The layout is (out scale**2,
    in, *kernel), with the channels of one output pixel next to each other as in torch's and MindSpore's pixel
    shuffle. The base's fans are those of the convolution without the shuffle.

    Args:
        scale: Factor of the upsampling, >= 1.
        base: What is drawn for the convolution without the shuffle.

    Sources: Aitken et al. 2017 (arXiv:1707.02937).
    """

    has_structure = True

    scale: Annotated[int, Range(low=1), Alias(("upscale_factor",))]
    base: Formula = field(default_factory=HeNormal)

    def resolve(self, site: Site) -> draws.Draw:
        times = self.scale * self.scale
        if not site.shape or site.shape[0] % times:
            raise ValueError(f"an upsampling by {self.scale} needs channels in multiples of {times}, not {site.shape}")
        shape = (site.shape[0] // times, *site.shape[1:])
        base_fans = None if site.fans is None else _divided(site.fans, times)
        return draws.Repeated(0, times, self.base.resolve(Site(shape, base_fans)))


@initializer()
class Bilinear(Formula):
    """Sets a transposed convolution to bilinear upsampling, 1 - |x - (K - 1) / 2| / f along each axis.

    K is the kernel's extent along an axis, x the tap, and f = ceil(K / 2) the factor of the upsampling.
    MXNet's and Caffe's formula is the same for the kernels that belong to a factor, K = 2 f - f % 2, and
    lopsided for others.

    Args:
        channels: ``own`` upsamples every channel by itself: ``all`` for a depthwise kernel, whose second axis is 1, and
            ``diagonal`` for others. ``all`` sets every pair of channels, so that an output is the sum over all
            inputs; ``diagonal`` only an input channel's own output, the others 0.

    Sources: Long et al. 2015, section 3.3 (arXiv:1411.4038), and shelhamer/fcn.berkeleyvision.org surgery.py,
    upsample_filt (diagonal); mxnet.initializer.Bilinear (all).
    """

    has_structure = True

    channels: Literal["own", "all", "diagonal"] = "own"

    def resolve(self, site: Site) -> draws.Draw:
        if len(site.shape) < 3:
            raise ValueError(f"a kernel of at least 3 axes is needed, not the shape {site.shape}")
        own = "all" if site.shape[1] == 1 else "diagonal"
        return draws.Table("bilinear", (("channels", own if self.channels == "own" else self.channels),))


@initializer("partial_hadamard")
class Hadamard(Formula):
    """Sets a weight by ZerO: a partial identity, or +-2**(-k / 2), k = ceil(log2 rows), if it is tall.

    The tall one is a part of Sylvester's Hadamard matrix. Nothing is random. A convolution has the matrix at
    its centre tap and 0 elsewhere. (The paper's own name would be read as ``Zero``.)

    Sources: Zhao et al. 2022, algorithm 1 for the matrix (ZerO, arXiv:2110.12661);
    jiaweizzhao/ZerO-initialization, example_mnist.ipynb.
    """

    has_structure = True

    def resolve(self, site: Site) -> draws.Draw:
        if len(site.shape) < 2:
            raise ValueError(f"at least two axes are needed, not the shape {site.shape}")
        return draws.Table("zero_hadamard")


def _divided(fans: Fans, times: int) -> Fans:
    return Fans(fans.fan_in, None if fans.fan_out is None else fans.fan_out / times)


def orthogonal(shape: tuple[int, ...], gain: float, column_axis: Literal["first", "last"] = "first") -> draws.Draw:
    """Returns the draw of one orthogonal matrix.

    Raises:
        ValueError: If the shape has fewer than two axes.
    """
    if len(shape) < 2:
        raise ValueError(f"a matrix is needed, not the shape {shape}")
    return draws.Whole("orthogonal", (("gain", gain), ("column_axis", column_axis))) if gain else draws.Constant(0.0)
