"""What a model gives beyond joints lies in a file beside its predictions."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from neuropose.errors import FileFormatError, FileMissingError, ModelOutputError
from neuropose.estimator import Detections, Estimator, ModelInfo
from neuropose.io import (
    ExtraArrays,
    extra_arrays_path,
    load_extra_arrays,
    save_extra_arrays,
)
from neuropose.testing import FakeModel, check_model, write_numbered_video


class BodyModel(FakeModel):
    """A fake model that gives vertices and shape, a number of its own in each row."""

    shapes: ClassVar = {"vertices_mm": (20, 3), "shape": (10,)}

    @property
    def info(self) -> ModelInfo:
        return super().info.model_copy(update={"extra_arrays": self.shapes})

    def predict(self, *given: Any, **how: Any) -> Iterator[Detections]:
        for found in super().predict(*given, **how):
            people = len(found.boxes)
            values = found.poses3d[:, 0, 0] if people else np.empty(0, np.float32)
            extra = {
                name: np.ones((people, *shape), np.float32)
                * values.reshape(people, *(1 for _ in shape))
                for name, shape in self.shapes.items()
            }
            yield replace(found, extra_arrays=extra)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "walk.mp4"
    write_numbered_video(path, frame_count=12)
    return path


def test_a_row_for_each_person_in_each_frame(video: Path, tmp_path: Path) -> None:
    result = Estimator(BodyModel()).process_video(video)
    extra, predictions = result.extra_arrays, result.predictions
    assert extra is not None
    assert set(extra.arrays) == {"vertices_mm", "shape"}
    assert extra.arrays["vertices_mm"].shape == (len(predictions.poses3d), 20, 3)
    assert np.array_equal(extra.arrays["shape"][:, 3], predictions.poses3d[:, 0, 0])
    assert np.array_equal(extra.offsets, predictions.offsets)
    [track] = set(extra.track_ids.tolist())
    assert np.array_equal(extra.of_track("shape", track), extra.arrays["shape"])
    path = extra_arrays_path(tmp_path / "walk.poses.json")
    save_extra_arrays(path, extra)
    again = load_extra_arrays(path)
    assert all(np.array_equal(again.arrays[name], extra.arrays[name]) for name in extra.arrays)
    before = path.read_bytes()
    save_extra_arrays(path, again)
    assert path.read_bytes() == before


def test_a_model_without_them_gives_none(video: Path) -> None:
    assert Estimator(FakeModel()).process_video(video).extra_arrays is None


def test_such_a_model_conforms() -> None:
    check_model(BodyModel())


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"shape": np.ones((1, 10), np.float32)},
        {"shape": np.ones((1, 9), np.float32), "vertices_mm": np.ones((1, 20, 3), np.float32)},
        {"shape": np.ones((1, 10)), "vertices_mm": np.ones((1, 20, 3), np.float32)},
    ],
)
def test_what_was_declared_must_come(video: Path, wrong: dict[str, Any]) -> None:
    class Broken(BodyModel):
        def predict(self, *given: Any, **how: Any) -> Iterator[Detections]:
            for found in super().predict(*given, **how):
                yield replace(found, extra_arrays=wrong)

    with pytest.raises(ModelOutputError, match=r"vertices_mm|shape"):
        Estimator(Broken()).process_video(video)


def npz(**arrays: Any) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


GOOD = {
    "offsets": np.array([0, 1], np.int32),
    "track_ids": np.array([0], np.int32),
    "shape": np.ones((1, 3), np.float32),
}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        npz(**GOOD)[:-40],
        npz(**{**GOOD, "offsets": np.array([0, 2], np.int32)}),
        npz(**{**GOOD, "offsets": np.array([1, 1], np.int32)}),
        npz(**{**GOOD, "shape": np.ones((2, 3), np.float32)}),
        npz(**{**GOOD, "shape": np.ones((1, 3))}),
        npz(**{**GOOD, "shape": np.array([None], object)}),
        npz(shape=GOOD["shape"]),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "walk.extras.npz"
    with pytest.raises(FileMissingError):
        load_extra_arrays(path)
    path.write_bytes(content)
    with pytest.raises(FileFormatError):
        load_extra_arrays(path)


def test_names_are_names() -> None:
    with pytest.raises(ValueError, match="not a name"):
        ExtraArrays(
            offsets=GOOD["offsets"],
            track_ids=GOOD["track_ids"],
            arrays={"../shape": GOOD["shape"]},
        )
