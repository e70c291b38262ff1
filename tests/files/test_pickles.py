"""Pickles are refused with the command that converts them."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from ms_initkit.files import checkpoints


@pytest.mark.parametrize("content", [b"PK\x03\x04archive", pickle.dumps({}, 2), pickle.dumps({}, 4)])
def test_a_pickle_is_known_by_its_first_bytes_too(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "last.ckpt"
    file.write_bytes(content)

    with pytest.raises(ValueError, match="a pickle runs code when it is read; convert it: python -c") as error:
        checkpoints.entries(str(file))

    assert str(error.value).endswith(f"{file} {tmp_path / 'last.safetensors'}")


def test_a_folder_of_pickles_says_how_to_convert_them(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"PK")

    with pytest.raises(ValueError, match=r"without \.safetensors files; .*pytorch_model\.bin: a pickle runs code"):
        checkpoints.entries(str(tmp_path))
