"""What is held to what: a peer's call, and ours that is to draw the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

MATRIX: Final = (500, 300)
KERNEL: Final = (64, 32, 3, 3)  # outputs, inputs, kernel: torch, MindSpore and ours
LAST: Final = (3, 3, 32, 64)  # kernel, inputs, outputs: JAX and Keras
HALVES: Final = ("float16", "bfloat16")
FLAX: Final[dict[str, Any]] = {"in_axes": (-2,), "out_axes": (-1,)}


@dataclass(frozen=True)
class Case:
    """A peer's call and our initializer.

    Args:
        peer: ``torch``, ``jax``, ``keras`` or ``mindspore``.
        name: Of the peer's initializer.
        arguments: Its arguments.
        shape: What is drawn.
        ours: Name of our initializer.
        config: Its arguments.
        fans: Axes from which ours has its fans; empty for torch's count.
        dtype: What is drawn.
    """

    peer: str
    name: str
    arguments: dict[str, Any]
    shape: tuple[int, ...]
    ours: str
    config: dict[str, Any] = field(default_factory=dict)
    fans: dict[str, Any] = field(default_factory=dict)
    dtype: str = "float32"

    def __str__(self) -> str:
        given = ",".join(f"{key}={value}" for key, value in self.arguments.items())
        return f"{self.peer}.{self.name}({given}){list(self.shape)}{'' if self.dtype == 'float32' else self.dtype}"


def _torch() -> list[Case]:
    laws: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
        ("uniform_", {"a": -2.0, "b": 5.0}, "uniform", {"low": -2, "high": 5}),
        ("uniform_", {"a": 0.25, "b": 0.2501}, "uniform", {"low": 0.25, "high": 0.2501}),
        ("normal_", {"mean": 3.0, "std": 0.5}, "normal", {"mean": 3, "sigma": 0.5}),
        ("normal_", {"mean": 1.0, "std": 0.0}, "normal", {"mean": 1, "sigma": 0}),
        ("trunc_normal_", {"std": 0.02}, "trunc_normal", {"sigma": 0.02}),
        (
            "trunc_normal_",
            {"mean": 0.5, "std": 1.5, "a": -1.0, "b": 3.0},
            "trunc_normal",
            {"mean": 0.5, "sigma": 1.5, "a": -1, "b": 3},
        ),
        ("trunc_normal_", {"a": 2.0, "b": 3.0}, "trunc_normal", {"sigma": 1, "a": 2, "b": 3}),
        ("trunc_normal_", {"a": 0.5, "b": 0.501}, "trunc_normal", {"sigma": 1, "a": 0.5, "b": 0.501}),
        ("trunc_normal_", {"a": 9.0, "b": 10.0}, "trunc_normal", {"sigma": 1, "a": 9, "b": 10}),
        ("orthogonal_", {"gain": 1.5}, "orthogonal", {"gain": 1.5}),
        ("sparse_", {"sparsity": 0.1, "std": 0.3}, "sparse", {"sparsity": 0.1, "sigma": 0.3}),
        ("eye_", {}, "identity", {}),
        ("constant_", {"val": 0.3}, "constant", {"value": 0.3}),
    ]
    cases = [Case("torch", name, given, MATRIX, ours, config) for name, given, ours, config in laws]
    for shape in (MATRIX, KERNEL):
        for law in ("uniform", "normal"):
            cases += [
                Case("torch", f"xavier_{law}_", {"gain": 5 / 3}, shape, f"xavier_{law}", {"gain": 5 / 3}),
                Case("torch", f"kaiming_{law}_", {}, shape, f"he_{law}"),
                Case(
                    "torch",
                    f"kaiming_{law}_",
                    {"a": 0.3, "mode": "fan_out"},
                    shape,
                    f"he_{law}",
                    {"negative_slope": 0.3, "mode": "fan_out"},
                ),
            ]
            cases += [
                Case("torch", f"kaiming_{law}_", {"nonlinearity": word}, shape, f"he_{law}", {"nonlinearity": word})
                for word in ("relu", "linear", "tanh", "selu", "sigmoid", "conv2d")
            ]
    for kernel in ((6, 4, 3), (6, 4, 3, 4), (4, 6, 2, 3, 5)):
        cases += [Case("torch", "dirac_", {"groups": g}, kernel, "dirac", {"groups": g}) for g in (1, 2)]
    for dtype in HALVES:
        cases += [
            Case("torch", "normal_", {"std": 0.02}, MATRIX, "normal", {"sigma": 0.02}, dtype=dtype),
            Case("torch", "kaiming_normal_", {}, KERNEL, "he_normal", dtype=dtype),
        ]
    return cases


def _jax() -> list[Case]:
    cases = [
        Case("jax", "normal", {"stddev": 0.3}, MATRIX, "normal", {"sigma": 0.3}),
        Case("jax", "uniform", {"scale": 0.3}, MATRIX, "uniform", {"low": 0, "high": 0.3}),
        Case("jax", "truncated_normal", {"stddev": 0.3}, MATRIX, "trunc_normal_tf", {"sigma": 0.3}),
        Case(
            "jax",
            "truncated_normal",
            {"stddev": 0.3, "lower": 1.0, "upper": 1.5},
            MATRIX,
            "trunc_normal_tf",
            {"sigma": 0.3, "a": 1, "b": 1.5},
        ),
        Case("jax", "constant", {"value": 2.5}, MATRIX, "constant", {"value": 2.5}),
        Case("jax", "zeros", {}, MATRIX, "zeros"),
        Case("jax", "ones", {}, MATRIX, "ones"),
        Case("jax", "orthogonal", {"scale": 2.0}, (40, 5, 30), "orthogonal", {"gain": 2, "column_axis": "last"}),
        Case("jax", "glorot_uniform", {}, LAST, "glorot_uniform", fans=FLAX),
        Case("jax", "glorot_normal", {}, LAST, "glorot_normal", {"distribution": "truncated_normal"}, FLAX),
        Case("jax", "he_uniform", {}, LAST, "he_uniform", {"nonlinearity": "relu"}, FLAX),
        Case("jax", "he_normal", {}, LAST, "he_normal", {"distribution": "truncated_normal"}, FLAX),
        Case("jax", "lecun_uniform", {}, LAST, "lecun_uniform", fans=FLAX),
        Case("jax", "lecun_normal", {}, LAST, "lecun_normal", fans=FLAX),
    ]
    for mode in ("fan_in", "fan_out", "fan_avg", "fan_geo_avg"):
        for law in ("normal", "truncated_normal", "uniform"):
            given = {"scale": 1.7, "mode": mode, "distribution": law}
            cases.append(Case("jax", "variance_scaling", given, LAST, "variance_scaling", given, FLAX))
    stack = {"scale": 2.0, "mode": "fan_in", "distribution": "normal"}
    axes = {"in_axes": (2,), "out_axes": (1,), "batch_axes": (0,)}
    theirs = {"in_axis": 2, "out_axis": 1, "batch_axis": 0}
    cases.append(Case("jax", "variance_scaling", stack | theirs, (8, 64, 300), "variance_scaling", stack, axes))
    return cases


def _keras() -> list[Case]:
    cases = [
        Case("keras", "RandomNormal", {"mean": 1.0, "stddev": 0.3}, MATRIX, "normal", {"mean": 1, "sigma": 0.3}),
        Case("keras", "RandomUniform", {"minval": -1.0, "maxval": 0.5}, MATRIX, "uniform", {"low": -1, "high": 0.5}),
        Case(
            "keras",
            "TruncatedNormal",
            {"mean": 1.0, "stddev": 0.3},
            MATRIX,
            "trunc_normal_tf",
            {"mean": 1, "sigma": 0.3},
        ),
        Case("keras", "Constant", {"value": 2.5}, MATRIX, "constant", {"value": 2.5}),
        Case("keras", "Zeros", {}, MATRIX, "zeros"),
        Case("keras", "Ones", {}, MATRIX, "ones"),
        Case("keras", "Identity", {"gain": 2.0}, MATRIX, "identity", {"gain": 2}),
        Case("keras", "Orthogonal", {"gain": 2.0}, (40, 5, 30), "orthogonal", {"gain": 2, "column_axis": "last"}),
        Case("keras", "GlorotUniform", {}, LAST, "glorot_uniform", fans=FLAX),
        Case("keras", "GlorotNormal", {}, LAST, "glorot_normal", {"distribution": "truncated_normal"}, FLAX),
        Case("keras", "HeUniform", {}, LAST, "he_uniform", {"nonlinearity": "relu"}, FLAX),
        Case("keras", "HeNormal", {}, LAST, "he_normal", {"distribution": "truncated_normal"}, FLAX),
        Case("keras", "LecunUniform", {}, LAST, "lecun_uniform", fans=FLAX),
        Case("keras", "LecunNormal", {}, LAST, "lecun_normal", fans=FLAX),
    ]
    for mode in ("fan_in", "fan_out", "fan_avg"):
        for law in ("untruncated_normal", "truncated_normal", "uniform"):
            given = {"scale": 1.7, "mode": mode, "distribution": law}
            cases.append(Case("keras", "VarianceScaling", given, LAST, "variance_scaling", given, FLAX))
    return cases


def _mindspore() -> list[Case]:
    return [
        Case("mindspore", "XavierNormal", {}, KERNEL, "xavier_normal", dtype="float16"),
        Case("mindspore", "Normal", {"sigma": 0.3, "mean": 1.0}, MATRIX, "normal", {"sigma": 0.3, "mean": 1}),
        Case("mindspore", "Uniform", {"scale": 0.3}, MATRIX, "uniform", {"scale": 0.3}),
        Case("mindspore", "TruncatedNormal", {"sigma": 1.5}, MATRIX, "trunc_normal", {"sigma": 1.5}),
        Case("mindspore", "Constant", {"value": 2.5}, MATRIX, "constant", {"value": 2.5}),
        Case("mindspore", "Zero", {}, MATRIX, "zero"),
        Case("mindspore", "One", {}, MATRIX, "one"),
        Case("mindspore", "Identity", {}, MATRIX, "identity"),
        Case("mindspore", "Dirac", {"groups": 2}, (6, 4, 3, 3), "dirac", {"groups": 2}),
        Case("mindspore", "Orthogonal", {"gain": 1.5}, MATRIX, "orthogonal", {"gain": 1.5}),
        Case("mindspore", "Sparse", {"sparsity": 0.1, "sigma": 0.3}, MATRIX, "sparse", {"sparsity": 0.1, "sigma": 0.3}),
        Case("mindspore", "XavierUniform", {"gain": 2}, KERNEL, "xavier_uniform", {"gain": 2}),
        Case("mindspore", "XavierNormal", {"gain": 2}, KERNEL, "xavier_normal", {"gain": 2}),
        *(
            Case(
                "mindspore",
                name,
                {"mode": mode, "nonlinearity": word},
                KERNEL,
                ours,
                {"mode": mode, "nonlinearity": word},
            )
            for name, ours in (("HeUniform", "he_uniform"), ("HeNormal", "he_normal"))
            for mode in ("fan_in", "fan_out")
            for word in ("relu", "leaky_relu", "tanh")
        ),
        Case(
            "mindspore",
            "VarianceScaling",
            {"distribution": "untruncated_normal"},
            KERNEL,
            "variance_scaling",
            {"distribution": "untruncated_normal"},
        ),
        Case(
            "mindspore",
            "VarianceScaling",
            {"distribution": "uniform", "mode": "fan_avg"},
            KERNEL,
            "variance_scaling",
            {"distribution": "uniform", "mode": "fan_avg"},
        ),
    ]


CASES: Final = (*_torch(), *_jax(), *_keras(), *_mindspore())


@dataclass(frozen=True)
class Difference:
    """An input on which a peer and we do not do the same, by design; each side is run and held to what is said.

    Args:
        case: The peer's call, and ours that is nearest to it.
        theirs: What the peer does: ``refuses``, ``draws``, or a number that ``measure`` finds in its values.
        ours: What ours does, likewise.
        reason: Why.
        measure: ``std``, ``greatest`` (magnitude in standard deviations), ``distinct`` (number of values) or ``none``.
    """

    case: Case
    theirs: str | float
    ours: str | float
    reason: str
    measure: str = "none"


DIFFERENCES: Final = (
    Difference(
        Case("keras", "GlorotUniform", {}, (400,), "glorot_uniform"),
        "draws",
        "refuses",
        "A vector has no inputs and outputs. Keras takes its length for both; ours wants them said (`fans: "
        "{in: 400, out: 400}`), and a bias has those of its cell's weight.",
    ),
    Difference(
        Case("torch", "sparse_", {"sparsity": 0.99}, (5, 40), "sparse", {"sparsity": 0.99}),
        "draws",
        "refuses",
        "A share below 1 that rounds up to every row of short columns leaves nothing; ours asks, and takes 1 "
        "for all zeros.",
    ),
    Difference(
        Case("torch", "eye_", {}, (3, 4, 5), "identity", {"axes": (-2, -1)}),
        "refuses",
        "draws",
        "A stack of identities once `axes` says which two axes are the matrix (as Haiku has it); without "
        "`axes` refused as in torch.",
    ),
    Difference(
        Case(
            "keras",
            "VarianceScaling",
            {"distribution": "normal"},
            MATRIX,
            "variance_scaling",
            {"distribution": "normal"},
        ),
        2.0 / 0.87962566,
        4.6,
        "`normal` is another name of `untruncated_normal` as in JAX; to Keras it is the truncated one, as it "
        "was in early versions.",
        "greatest",
    ),
    Difference(
        Case("mindspore", "TruncatedNormal", {"sigma": 0.02}, MATRIX, "trunc_normal_tf", {"sigma": 0.02}),
        0.02,
        0.02 * 0.87962566,
        "MindSpore's bounds of -2 and 2 are values, so that with a small `sigma` nothing is cut off, as in "
        "torch: `trunc_normal` is that, `trunc_normal_tf` cuts at sigmas as TensorFlow does, and "
        "`truncated_normal` wants `bounds` said.",
        "std",
    ),
    Difference(
        Case("jax", "normal", {"stddev": 0.3}, MATRIX, "normal", {"sigma": 0.3}, dtype="bfloat16"),
        128.0,
        2839.0,
        "JAX draws in the narrow type itself: 128 different values in bfloat16 (1,024 in float16), none beyond 2.9 "
        "sigmas. Ours is drawn in float32 and rounded once, as torch's.",
        "distinct",
    ),
    Difference(
        Case("keras", "HeUniform", {}, LAST, "he_uniform", {}, FLAX, "float16"),
        1024.0,
        7063.0,
        "Keras on JAX likewise.",
        "distinct",
    ),
    Difference(
        Case("mindspore", "VarianceScaling", {}, KERNEL, "variance_scaling"),
        3**0.5,
        2.0 / 0.87962566,
        "MindSpore's default says truncated normal and draws a uniform (it compares with another spelling of "
        "the word): its greatest value is sqrt(3) standard deviations, ours ends at 2 of the normal that is "
        "cut.",
        "greatest",
    ),
    Difference(
        Case("jax", "he_normal", {}, LAST, "he_normal", {}, FLAX),
        2.0 / 0.87962566,
        4.3,
        "JAX and Keras truncate He's, torch and MindSpore do not; ours is torch's, and truncates with "
        "`distribution: truncated_normal`.",
        "greatest",
    ),
    Difference(
        Case("torch", "xavier_uniform_", {"gain": -1.0}, MATRIX, "xavier_uniform", {"gain": -1}),
        "refuses",
        "refuses",
        "Both: torch since its bounds change places.",
    ),
    Difference(
        Case("mindspore", "Normal", {"sigma": float("nan")}, MATRIX, "normal", {"sigma": float("nan")}),
        "draws",
        "refuses",
        "MindSpore fills the tensor with NaN.",
    ),
    Difference(
        Case("mindspore", "Normal", {"sigma": 1.0}, MATRIX, "normal", dtype="int32"),
        "draws",
        "refuses",
        "MindSpore cuts the draws to whole numbers in silence.",
    ),
    Difference(
        Case("torch", "dirac_", {}, (4, 4), "dirac"), "refuses", "refuses", "Both: a matrix's identity is `identity`."
    ),
    Difference(
        Case("torch", "orthogonal_", {}, (4,), "orthogonal"), "refuses", "refuses", "Both: a vector is no matrix."
    ),
    Difference(Case("jax", "glorot_uniform", {}, (4,), "glorot_uniform"), "refuses", "refuses", "Both."),
    Difference(
        Case("torch", "kaiming_normal_", {}, (3, 0), "he_normal"),
        "draws",
        "draws",
        "Both: there is nothing to draw; torch warns.",
    ),
    Difference(
        Case("torch", "uniform_", {"a": 2.0, "b": 1.0}, (3,), "uniform", {"low": 2, "high": 1}),
        "refuses",
        "refuses",
        "Both: no interval.",
    ),
)
