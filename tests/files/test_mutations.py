"""Any file of values is read or refused in words: bytes altered, cut and put in, thousands of times."""

from __future__ import annotations

import random
from pathlib import Path

import mindspore
import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn, save_checkpoint
from safetensors.numpy import save_file

from ms_initkit.draws.dtypes import TYPES
from ms_initkit.files import checkpoints

TRIES = 1500


def write(path: Path) -> None:
    """Writes a small file of the kind that the suffix says, as its own package does."""
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    match path.suffix:
        case ".npy":
            np.save(path, values)
        case ".npz":
            np.savez(path, a=values, b=values[0].astype(np.int64))
        case ".safetensors":
            save_file({"a": values, "b": values[0].astype(np.int64)}, str(path), {"format": "pt"})
        case _:
            net = nn.Cell()
            net.a = Parameter(Tensor(values), name="a")
            net.b = Parameter(Tensor(values[0]).astype(mindspore.bfloat16), name="b")
            save_checkpoint(net, str(path))
            path.chmod(0o644)


def altered(content: bytes, chance: random.Random) -> bytes:
    """Returns ``content`` with one to four of its bytes changed, taken out or doubled."""
    made = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(made)) if made else 0
        match chance.randrange(5):
            case 0 if made:
                made[place] = chance.choice([0, 1, 0x22, 0x2D, 0x5B, 0x7B, 0x7F, 0x80, 0xFF, chance.randrange(256)])
            case 1:
                del made[place : place + chance.randint(1, 9)]
            case 2:
                made[place:place] = made[place : place + chance.randint(1, 20)]
            case 3:
                made[place:place] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 4)))
            case _ if made:
                digits = [at for at, byte in enumerate(made[:200]) if 0x30 <= byte <= 0x39]
                if digits:
                    made[chance.choice(digits)] = chance.choice(b"0123456789-.e")
    return bytes(made)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors", ".ckpt"])
def test_no_alteration_of_a_file_raises_anything_else(tmp_path: Path, suffix: str) -> None:
    chance = random.Random(11)
    write(tmp_path / f"whole{suffix}")
    content = (tmp_path / f"whole{suffix}").read_bytes()
    read = refused = 0
    for number in range(TRIES):
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(altered(content, chance))
        try:
            for name, entry in checkpoints.entries(str(path)).items():
                if entry.dtype in TYPES:
                    values = checkpoints.read(str(path), name)
                    assert values.shape == entry.shape
                    checkpoints.extremes(str(path), name, tuple(slice(0, extent) for extent in entry.shape))
            read += 1
        except ValueError as error:
            refused += 1
            assert str(error).startswith(str(path))  # noqa: PT017 (any of thousands)
        path.unlink()
    assert read > 10
    assert refused > TRIES // 3
