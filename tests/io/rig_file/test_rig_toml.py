"""The rig file: to a file and back, read as Pose2Sim reads it, refused if anything is wrong."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rigs import CAMERA, POINTS, assert_same_cameras, make_rig, rig_camera

from neuropose.data import Assumption, Camera, Clock
from neuropose.errors import FileFormatError, FileMissingError, SchemaVersionError
from neuropose.io import load_intrinsics, load_rig, save_rig

FISHEYE = Camera(
    intrinsic_matrix=CAMERA.intrinsic_matrix,
    distortion=(0.1, 0.02, 0.0, 0.0),
    lens="fisheye",
    source="given",
)


def full_rig() -> Any:
    return make_rig(
        cameras=(
            rig_camera(
                "side",
                90.0,
                clock=Clock(offset_s=0.125, drift=1e-5, offset_error_s=0.002, source="given"),
                reprojection_px=0.31,
            ),
            rig_camera("front", 10.0, camera=FISHEYE),
            rig_camera('back "2" é\\\n', 200.0, camera=Camera.from_fov(1280, 720, 60.0)),
            rig_camera("metadata", 300.0),
        ),
        up_source="given",
        scale_source="given",
        scale_error=0.002,
        assumptions={
            "unit": Assumption(source="file", value="mm"),
            "a b": Assumption(source="given", value="x", detail="y"),
        },
        warnings=("the floor is not known",),
    )


def test_there_and_back(tmp_path: Path) -> None:
    rig, path = full_rig(), tmp_path / "rig.toml"
    save_rig(path, rig)
    back = load_rig(path)
    assert_same_cameras(back, rig, atol=1e-9)
    for name in type(rig).model_fields:
        if name != "cameras":
            assert getattr(back, name) == getattr(rig, name), name
    for one, other in zip(back.cameras, rig.cameras, strict=True):
        assert one.clock == other.clock
        assert one.reprojection_px == other.reprojection_px
        assert one.camera.intrinsic_matrix == other.camera.intrinsic_matrix
        assert one.camera.source == other.camera.source
        assert one.camera.fov_source == other.camera.fov_source
    save_rig(tmp_path / "again.toml", rig)
    assert (tmp_path / "again.toml").read_bytes() == path.read_bytes()


def test_pose2sim_reads_the_same_cameras(tmp_path: Path) -> None:
    """Projection matrices as Pose2Sim's ``computeP`` makes them, in metres."""
    rig, path = full_rig(), tmp_path / "rig.toml"
    save_rig(path, rig)
    document = tomllib.loads(path.read_text())
    kept = [
        table
        for key, table in document.items()
        if key not in ("metadata", "capture_volume", "charuco", "checkerboard")
    ]
    assert [table["name"] for table in kept] == list(rig.names)
    for table, camera in zip(kept, rig.cameras, strict=True):
        rotation, _ = cv2.Rodrigues(np.array(table["rotation"]))
        seen = rotation @ (POINTS.T / 1000.0) + np.array(table["translation"])[:, None]
        np.testing.assert_allclose(seen.T * 1000.0, camera.to_camera(POINTS), atol=1e-6)
        assert len(table["distortions"]) == 4
        assert [float(each) for each in table["size"]] == [1280.0, 720.0]
    assert document["metadata"]["error"] == 0.31


def test_intrinsics_alone(tmp_path: Path) -> None:
    save_rig(tmp_path / "rig.toml", make_rig())
    found = load_intrinsics(tmp_path / "rig.toml")
    assert found["side"] == (CAMERA, (1280, 720))


@given(name=st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_any_name(name: str) -> None:
    from neuropose.io.rig_file.rig_toml import decode_rig, encode_rig

    rig = make_rig(
        cameras=(rig_camera(name, 0.0), rig_camera("cam_metadata", 9.0))
        if name != "cam_metadata"
        else (rig_camera(name, 0.0),)
    )
    assert decode_rig(tomllib.loads(encode_rig(rig))).names == rig.names


@pytest.mark.parametrize(
    ("find", "put", "said"),
    [
        ("schema_version = 1", "schema_version = 2", "schema 2"),
        ("schema_version = 1", 'schema_version = "1"', "schema_version"),
        ("schema_version = 1", "", "schema_version"),
        ('name = "side"', 'name = "front"', "two cameras are called 'front'"),
        ("size = [1280, 720]", "size = [1280, 0]", "height"),
        ("size = [1280, 720]", "", "side.size"),
        ("rotation = [", "rotation = [1.0, ", "side.rotation"),
        ("fisheye = false", "fisheye = 7", "side.fisheye"),
        ("fisheye = false", "fishy = false", "side.fishy"),
        ("up = [0.0, 0.0, 1.0]", "up = [0.0, 0.0, 3.0]", "unit length"),
        ("up = [0.0, 0.0, 1.0]", "up = [0.0, 0.0, nan]", "metadata.neuropose.up"),
        ("drift = 0.0", "drift = -2.0", "clock.drift"),
        ("matrix = [[900.0", "matrix = [[-900.0", "fx, fy > 0"),
        ("[side]", "[side", "not TOML"),
    ],
)
def test_what_is_refused(tmp_path: Path, find: str, put: str, said: str) -> None:
    path = tmp_path / "rig.toml"
    save_rig(path, make_rig())
    text = path.read_text()
    assert find in text
    path.write_text(text.replace(find, put, 1))
    with pytest.raises(FileFormatError, match=re.escape(said)) as caught:
        load_rig(path)
    assert "\n" not in caught.value.message
    assert caught.value.message.startswith("rig.toml") or isinstance(
        caught.value, SchemaVersionError
    )
    assert caught.value.hint


@pytest.mark.parametrize("stated", [{"units": "mm"}, {"up": "y"}])
def test_unit_and_vertical_are_those_of_the_file(tmp_path: Path, stated: dict[str, str]) -> None:
    save_rig(tmp_path / "rig.toml", make_rig())
    with pytest.raises(FileFormatError, match="states its unit and its vertical"):
        load_rig(tmp_path / "rig.toml", **stated)


def test_a_rig_without_cameras_and_no_file(tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    save_rig(path, make_rig())
    text = path.read_text()
    path.write_text(text[text.index("[metadata]") :])
    with pytest.raises(FileFormatError, match="cameras: tuple should have at least 1 item"):
        load_rig(path)
    with pytest.raises(FileMissingError):
        load_rig(tmp_path / "none.toml")
    save_rig(path, make_rig())
    save_rig(tmp_path / "other.toml", make_rig())
    with pytest.raises(FileFormatError, match="comes alone"):
        load_rig([path, tmp_path / "other.toml"])
