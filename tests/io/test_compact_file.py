"""The compact twin holds the same, bit for bit, and executes nothing."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from neuropose.errors import FileFormatError, SchemaVersionError
from neuropose.io import load_video_predictions, save_video_predictions
from neuropose.io.results_file import load_results
from neuropose.skeletons import Skeleton
from neuropose.testing import synthetic_predictions


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "walk.poses.npz"


def test_it_is_equal_and_much_smaller(path: Path, tmp_path: Path) -> None:
    walk = synthetic_predictions(frame_count=300, people=2)
    save_video_predictions(path, walk)
    save_video_predictions(tmp_path / "walk.json", walk)
    loaded = load_video_predictions(path)
    assert loaded == walk
    assert loaded == load_video_predictions(tmp_path / "walk.json")
    assert path.stat().st_size < 0.6 * (tmp_path / "walk.json").stat().st_size
    assert load_results(path).predictions == walk


def test_equal_predictions_are_equal_bytes(path: Path, tmp_path: Path) -> None:
    for name in (path, tmp_path / "again.npz"):
        save_video_predictions(name, synthetic_predictions(frame_count=9))
    assert path.read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_numpy_reads_it(path: Path) -> None:
    walk = synthetic_predictions(frame_count=9)
    save_video_predictions(path, walk)
    with np.load(path) as file:
        assert np.array_equal(file["poses3d"], walk.poses3d, equal_nan=True)
        assert b"blazepose_33" in file["header"].tobytes()


def test_a_skeleton_of_a_plug_in(path: Path) -> None:
    walk = synthetic_predictions(frame_count=9)
    joints = tuple(f"j{joint}" for joint in range(33))
    own = Skeleton(name="acme", joints=joints, canonical={"left_hip": ("j3",)})
    save_video_predictions(path, walk.model_copy(update={"skeleton": own}))
    assert load_video_predictions(path).skeleton.canonical == {"left_hip": ("j3",)}


def changed(path: Path, **arrays: np.ndarray | None) -> bytes:
    with np.load(path) as file:
        content = {name: file[name] for name in file.files} | arrays
    out = io.BytesIO()
    np.savez(out, **{name: each for name, each in content.items() if each is not None})
    return out.getvalue()


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"poses3d": None}, "it lacks the array 'poses3d'"),
        ({"vertices": np.zeros(3)}, "it has an unknown array 'vertices'"),
        ({"poses3d": np.zeros((9, 33, 3))}, "poses3d: of type float64, not float32"),
        ({"boxes": np.zeros((3, 5), np.float32)}, "boxes"),
        ({"header": np.frombuffer(b"{}", np.uint8)}, "header: it lacks 'warnings'"),
        ({"header": np.zeros(3)}, "header: not bytes"),
        ({"header": np.frombuffer(b"[", np.uint8)}, "header"),
    ],
)
def test_what_is_changed_is_refused(
    arrays: dict[str, np.ndarray | None], said: str, path: Path
) -> None:
    save_video_predictions(path, synthetic_predictions(frame_count=9))
    path.write_bytes(changed(path, **arrays))
    with pytest.raises(FileFormatError) as raised:
        load_video_predictions(path)
    assert said in raised.value.message


def test_one_of_a_newer_version(path: Path) -> None:
    save_video_predictions(path, synthetic_predictions(frame_count=9))
    with np.load(path) as file:
        header = file["header"].tobytes().replace(b'"schema_version":1', b'"schema_version":7')
    path.write_bytes(changed(path, header=np.frombuffer(header, np.uint8)))
    with pytest.raises(SchemaVersionError):
        load_video_predictions(path)


def test_nothing_in_it_is_executed(path: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path(tmp_path / "exploded").write_text, ("x",))  # type: ignore[return-value]

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive, archive.open("poses3d.npy", "w") as file:
        header = {"descr": "|O", "fortran_order": False, "shape": (1,)}
        np.lib.format.write_array_header_1_0(file, header)
        pickle.dump(np.array([Bomb()], object), file)
    path.write_bytes(content.getvalue())
    with pytest.raises(FileFormatError):
        load_video_predictions(path)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("cut", [4, 100, -10])
def test_one_that_is_cut(cut: int, path: Path) -> None:
    save_video_predictions(path, synthetic_predictions(frame_count=9))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(FileFormatError):
        load_video_predictions(path)
