"""The shape of a body from a file of its own, or from a reconstruction."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.io.test_reconstruction_file import small

from neuropose.errors import FileFormatError, FileMissingError
from neuropose.io import load_body_shape, save_body_shape, save_reconstruction


def test_it_is_the_same_after_and_a_person_can_read_it(tmp_path: Path) -> None:
    shape = small().shape
    save_body_shape(tmp_path / "body.json", shape)
    assert load_body_shape(tmp_path / "body.json") == shape
    assert '  "lengths_mm": {\n    "left_thigh": 400.0\n' in (tmp_path / "body.json").read_text()


def test_a_reconstruction_has_one(tmp_path: Path) -> None:
    save_reconstruction(tmp_path / "walk.npz", small())
    assert load_body_shape(tmp_path / "walk.npz") == small().shape


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "height_mm: field required"),
        ('{"height_mm": "tall"}', "height_mm: input should be a valid number"),
        ("[", "JSON"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "body.json"
    path.write_text(text)
    with pytest.raises(FileFormatError) as caught:
        load_body_shape(path)
    assert message.lower() in caught.value.message.lower() or text == "["
    assert caught.value.hint
    with pytest.raises(FileMissingError):
        load_body_shape(tmp_path / "none.json")
