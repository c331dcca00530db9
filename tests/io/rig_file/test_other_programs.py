"""Cameras as other programs write them: the same rig from every format, or a refusal by name."""

from __future__ import annotations

import json
import pickle
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.rigs import assert_same_cameras, make_rig

from neuropose.data import Lens, RigCamera, Source
from neuropose.errors import FileFormatError, FileMissingError
from neuropose.io import load_intrinsics, load_rig, save_rig

RIG = make_rig()


def rows(matrix: np.ndarray) -> str:
    return json.dumps(np.asarray(matrix).tolist())


def turn(camera: RigCamera) -> np.ndarray:
    return cv2.Rodrigues(camera.rotation_matrix)[0].ravel()


def toml_table(camera: RigCamera, key: str, unit_mm: float, more: str = "") -> str:
    return (
        f"[{key}]\nname = {json.dumps(camera.name)}\nsize = [1280.0, 720.0]\n"
        f"matrix = {rows(camera.camera.matrix)}\n"
        f"distortions = {rows(np.array(camera.camera.distortion))}\n"
        f"rotation = {rows(turn(camera))}\n"
        f"translation = {rows(camera.translation / unit_mm)}\n{more}\n"
    )


def pose2sim(folder: Path) -> Path:
    text = "".join(
        toml_table(each, f"cam_{n}", 1000.0, "fisheye = false")
        for n, each in enumerate(RIG.cameras)
    )
    path = folder / "Calib_board.toml"
    path.write_text(text + "[metadata]\nadjusted = false\nerror = 0.0\n")
    return path


def anipose(folder: Path) -> Path:
    text = "".join(toml_table(each, f"cam_{n}", 1.0) for n, each in enumerate(RIG.cameras))
    path = folder / "calibration.toml"
    path.write_text(text + "[metadata]\nadjusted = true\nerror = 0.42\n")
    return path


def freemocap(folder: Path) -> Path:
    text = "".join(
        toml_table(
            each, f"cam_{n}", 1.0,
            f"world_orientation = {rows(each.rotation_matrix.T)}\n"
            f"world_position = {rows(each.centre_mm)}",
        )
        for n, each in enumerate(RIG.cameras)
    )  # fmt: skip
    path = folder / "session_camera_calibration.toml"
    path.write_text(text + "[metadata]\ncharuco_square_size = 39\ngroundplane_calibration = true\n")
    return path


def caliscope(folder: Path) -> Path:
    text = "".join(
        f"[cameras.{n}]\nname = {json.dumps(each.name)}\ncam_id = {n}\nrotation_count = 0\n"
        f"error = 0.5\nignore = false\nsize = [1280, 720]\nmatrix = {rows(each.camera.matrix)}\n"
        f"distortions = {rows(np.array([*each.camera.distortion, 0.0]))}\n"
        f"translation = {rows(each.translation / 1000.0)}\n"
        f"rotation = {rows(each.rotation_matrix)}\n"
        for n, each in enumerate(RIG.cameras)
    )
    ignored = "[cameras.9]\ncam_id = 9\nignore = true\nmatrix = [[1, 0, 1], [0, 1, 1], [0, 0, 1]]\n"
    path = folder / "camera_array.toml"
    path.write_text(text + ignored)
    return path


def entry(matrix: np.ndarray, i: int, j: int) -> str:
    return f'r{i + 1}{j + 1}="{float(matrix[i, j])!r}"'


def qualisys(folder: Path) -> Path:
    """With a window that does not begin at the corner, as of a cropped video."""
    text = ""
    for camera in RIG.cameras:
        k = camera.camera.matrix
        turned = np.diag([1.0, -1.0, -1.0]) @ camera.rotation_matrix
        place = " ".join(
            f'r{i + 1}{j + 1}="{float(turned[i, j])!r}"' for i in range(3) for j in range(3)
        )
        x, y, z = camera.centre_mm.tolist()
        k1, k2, p1, p2 = camera.camera.distortion
        text += f"""
        <camera active="1" avg-residual="0.4" serial="{camera.name}" model="Miqus Video">
          <fov_video left="8" top="4" right="1287" bottom="723"/>
          <transform x="{x!r}" y="{y!r}" z="{z!r}" {place}/>
          <intrinsic focalLengthU="{64 * k[0, 0]}" focalLengthV="{64 * k[1, 1]}" skew="0.0"
           centerPointU="{64 * (k[0, 2] + 8)}" centerPointV="{64 * (k[1, 2] + 4)}"
           sensorMinU="0.0" sensorMaxU="81920.0" sensorMinV="0.0" sensorMaxV="46080.0"
           radialDistortion1="{k1}" radialDistortion2="{k2}" radialDistortion3="0.0"
           tangentalDistortion1="{p1}" tangentalDistortion2="{p2}"/>
        </camera>"""
    marker = text.replace("Miqus Video", "Miqus M3").replace('serial="', 'serial="marker ')
    path = folder / "Calib.qca.txt"
    path.write_text(
        "<?xml version='1.0' encoding='ASCII'?>\n<calibration created=\"2024\"><cameras>"
        f"{marker}{text}</cameras></calibration>"
    )
    return path


def opencap(folder: Path) -> Path:
    for camera in RIG.cameras:
        held = {
            "distortion": np.array([[*camera.camera.distortion, 0.0]]),
            "intrinsicMat": camera.camera.matrix,
            "imageSize": np.array([[720], [1280]]),
            "rotation": camera.rotation_matrix,
            "translation": camera.translation[:, None],
            "rotation_EulerAngles": np.zeros((3, 1)),
        }
        inside = folder / "Videos" / camera.name
        inside.mkdir(parents=True)
        (inside / "cameraIntrinsicsExtrinsics.pickle").write_bytes(pickle.dumps(held))
    return folder


def opencv_matrix(value: Any) -> dict[str, Any]:
    matrix = np.atleast_2d(np.asarray(value))
    shape = {"rows": matrix.shape[0], "cols": matrix.shape[1], "dt": "d"}
    return {"type_id": "opencv-matrix", **shape, "data": matrix.ravel().tolist()}


def opencv_files(folder: Path, suffix: str) -> Path:
    """One file a camera, written by OpenCV itself."""
    for camera in RIG.cameras:
        storage = cv2.FileStorage(str(folder / f"{camera.name}{suffix}"), cv2.FILE_STORAGE_WRITE)
        storage.write("image_width", 1280)
        storage.write("image_height", 720)
        storage.write("camera_matrix", camera.camera.matrix)
        storage.write("distortion_coefficients", np.array([camera.camera.distortion]).T)
        storage.write("avg_reprojection_error", 0.25)
        storage.write("R", camera.rotation_matrix)
        storage.write("T", camera.translation[:, None])
        storage.release()
    return folder


def opencv_yaml(folder: Path) -> Path:
    return opencv_files(folder, ".yml")


def opencv_json(folder: Path) -> Path:
    return opencv_files(folder, ".json")


def one_json(folder: Path) -> Path:
    path = folder / "cameras.json"
    tables = [
        {
            "name": each.name,
            "cameraMatrix": opencv_matrix(each.camera.matrix),
            "distCoeffs": list(each.camera.distortion),
            "image_size": [1280, 720],
            "rvec": turn(each).tolist(),
            "tvec": each.translation.tolist(),
        }
        for each in RIG.cameras
    ]
    path.write_text(json.dumps({"cameras": tables}))
    return path


def ros(folder: Path) -> Path:
    for camera in RIG.cameras:
        (folder / f"{camera.name}.yaml").write_text(
            f"image_width: 1280\nimage_height: 720\ncamera_name: {camera.name}\n"
            "camera_matrix:\n  rows: 3\n  cols: 3\n"
            f"  data: {rows(camera.camera.matrix.ravel())}\n"
            "distortion_model: plumb_bob\n"
            "distortion_coefficients:\n  rows: 1\n  cols: 5\n"
            f"  data: {rows(np.array([*camera.camera.distortion, 0.0]))}\n"
            f"rotation: {rows(camera.rotation_matrix)}\ntranslation: {rows(camera.translation)}\n"
        )
    return folder


def easymocap(folder: Path) -> Path:
    inner = cv2.FileStorage(str(folder / "intri.yml"), cv2.FILE_STORAGE_WRITE)
    outer = cv2.FileStorage(str(folder / "extri.yml"), cv2.FILE_STORAGE_WRITE)
    for storage in (inner, outer):
        storage.startWriteStruct("names", cv2.FILE_NODE_SEQ)
        for camera in RIG.cameras:
            storage.write("", camera.name)
        storage.endWriteStruct()
    for camera in RIG.cameras:
        inner.write(f"K_{camera.name}", camera.camera.matrix)
        inner.write(f"dist_{camera.name}", np.array([[*camera.camera.distortion, 0.0]]))
        inner.write(f"W_{camera.name}", 1280)
        inner.write(f"H_{camera.name}", 720)
        outer.write(f"R_{camera.name}", turn(camera)[:, None])
        outer.write(f"Rot_{camera.name}", camera.rotation_matrix)
        outer.write(f"T_{camera.name}", camera.translation[:, None] / 1000.0)
    inner.release()
    outer.release()
    return folder


FORMATS = [
    pose2sim, anipose, freemocap, caliscope, qualisys, opencap, opencv_yaml, opencv_json, one_json,
    ros, easymocap,
]  # fmt: skip
QUALISYS = "<calibration><cameras><camera {}><transform/></camera></cameras></calibration>"
SORTED = make_rig(cameras=tuple(sorted(RIG.cameras, key=lambda camera: camera.name)))


@pytest.mark.parametrize("write", FORMATS, ids=lambda write: write.__name__)
class TestEveryFormat:
    def test_the_same_cameras_are_found(self, write: Any, tmp_path: Path) -> None:
        rig = load_rig(write(tmp_path))
        assert_same_cameras(rig, RIG if rig.names == RIG.names else SORTED, atol=1e-4)

    def test_a_folder_will_do(self, write: Any, tmp_path: Path) -> None:
        write(tmp_path)
        if write is not one_json:
            assert set(load_rig(tmp_path).names) == set(RIG.names)

    def test_what_was_assumed_is_said(self, write: Any, tmp_path: Path) -> None:
        rig = load_rig(write(tmp_path))
        unit, vertical = rig.assumptions["unit"], rig.assumptions["vertical"]
        has_a_unit = write in (freemocap, caliscope, qualisys, opencap)
        assert unit.source is (Source.FILE if has_a_unit else Source.ASSUMED)
        assert rig.scale_source is unit.source
        assert rig.up == (0.0, 0.0, 1.0)
        assert vertical.source is Source.ASSUMED
        assert (rig.floor_mm is not None) is (write is qualisys)

    def test_what_is_stated_is_taken(self, write: Any, tmp_path: Path) -> None:
        rig = load_rig(write(tmp_path), units="cm", up="-y")
        assert rig.up == (0.0, -1.0, 0.0)
        assert rig.up_source is rig.scale_source is Source.GIVEN

    def test_intrinsics_alone(self, write: Any, tmp_path: Path) -> None:
        found = load_intrinsics(write(tmp_path))
        for camera in RIG.cameras:
            np.testing.assert_allclose(found[camera.name][0].matrix, camera.camera.matrix)
            assert found[camera.name][1] == (1280, 720)

    def test_no_character_that_is_missing_makes_another_error(
        self, write: Any, tmp_path: Path
    ) -> None:
        path = write(tmp_path)
        file = (
            path if path.is_file() else next(each for each in path.rglob("*.*") if each.is_file())
        )
        whole = file.read_bytes()
        for at in range(0, len(whole), 7):
            file.write_bytes(whole[:at] + whole[at + 1 :])
            with suppress(FileFormatError):
                load_rig(path)


def test_a_mirrored_camera_is_refused_by_name(tmp_path: Path) -> None:
    path = caliscope(tmp_path)
    side = RIG["side"].rotation_matrix
    text = path.read_text()
    path.write_text(text.replace(rows(side), rows(side @ np.diag([-1.0, 1.0, 1.0]))))
    with pytest.raises(FileFormatError, match="side: the rotation is mirrored"):
        load_rig(path)


def test_cameras_without_a_place(tmp_path: Path) -> None:
    path = caliscope(tmp_path)
    path.write_text(re.sub(r"translation = .*\nrotation = .*\n", "", path.read_text(), count=1))
    with pytest.raises(
        FileFormatError, match="it is not said where the camera 'side' is"
    ) as caught:
        load_rig(path)
    assert "neuropose calibrate" in (caught.value.hint or "")
    assert load_intrinsics(path)["side"][1] == (1280, 720)


def test_sizes_that_a_file_does_not_state_are_assumed(tmp_path: Path) -> None:
    easymocap(tmp_path)
    path = tmp_path / "intri.yml"
    path.write_text(re.sub(r"[WH]_\w+: \d+\n", "", path.read_text()))
    rig = load_rig(tmp_path)
    assert (rig["side"].width, rig["side"].height) == (1280, 720)
    assert rig.assumptions["picture size"].source is Source.ASSUMED
    assert rig["side"].size_source is Source.ASSUMED
    save_rig(tmp_path / "rig.toml", rig)
    assert load_rig(tmp_path / "rig.toml")["side"].size_source is Source.ASSUMED
    assert load_intrinsics(tmp_path / "rig.toml")["side"][1] is None
    assert load_intrinsics(path)["side"][1] is None


def test_a_fisheye(tmp_path: Path) -> None:
    path = pose2sim(tmp_path)
    path.write_text(path.read_text().replace("fisheye = false", "fisheye = true"))
    assert load_rig(path)["side"].camera.lens is Lens.FISHEYE
    (tmp_path / "ros").mkdir()
    ros(tmp_path / "ros")
    for file in (tmp_path / "ros").iterdir():
        file.write_text(file.read_text().replace("plumb_bob", "equidistant"))
    assert load_rig(tmp_path / "ros")["side"].camera.lens is Lens.FISHEYE


def test_cameras_in_the_frame_of_the_first_have_no_known_vertical(tmp_path: Path) -> None:
    path = tmp_path / "stereo.yml"
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    for number, camera in enumerate(RIG.cameras, 1):
        storage.write(f"M{number}", camera.camera.matrix)
        storage.write(f"D{number}", np.array([camera.camera.distortion]))
    storage.write("R", cv2.Rodrigues(np.array([0.0, 0.4, 0.0]))[0])
    storage.write("T", np.array([[-900.0], [0.0], [200.0]]))
    storage.release()
    rig = load_rig(path)
    assert rig.names == ("camera 1", "camera 2")
    assert rig.up is None
    np.testing.assert_allclose(np.linalg.norm(rig["camera 2"].centre_mm), np.hypot(900, 200))


def test_upside_down_the_usual_vertical_is_not_assumed(tmp_path: Path) -> None:
    path = qualisys(tmp_path)
    text = path.read_text()
    for camera in RIG.cameras:
        turned = np.diag([1.0, -1.0, -1.0]) @ camera.rotation_matrix
        for i in range(2):
            for j in range(3):
                text = text.replace(entry(turned, i, j), entry(-turned, i, j))
    path.write_text(text)
    rig = load_rig(path)
    assert rig.up == (0.0, 0.0, -1.0)
    assert rig.floor_mm is None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.toml", "[metadata]\nerror = 0.1\n", "no table with the matrix of a camera"),
        ("a.toml", "[cam\n", "not TOML"),
        ("a.xcp", "<Cameras VERSION='1.0'><Camera/></Cameras>", "Vicon .xcp"),
        ("a.xml", "<opencv_storage><K/></opencv_storage>", "save it as YAML"),
        ("a.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "definitions of its own"),
        ("a.txt", "hello", "not a file of cameras that is known"),
        ("a.yml", "%YAML:1.0\n---\nfoo: 1\n", "no camera matrix"),
        ("a.yml", "%YAML:1.0\n---\n- 1\n", "expected names with values"),
        ("a.yml", "K: !!python/object/apply:os.system ['true']", "line 1"),
        ("a.json", '{"K": [1, 2]}', "a.K: expected 3 × 3 numbers, got 2"),
        ("a.json", '{"K": [[1,0,1],[0,"x",1],[0,0,1]]}', "a.K: expected numbers"),
        ("a.pickle", "hello", "a pickle that is not read"),
        (
            "a.qca.txt",
            QUALISYS.format("active='0'"),
            "no camera",
        ),
        (
            "a.qca.txt",
            QUALISYS.format("serial='7'"),
            "7: there is no <intrinsic>",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, name: str, content: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(FileFormatError, match=re.escape(said)) as caught:
        load_rig(path)
    assert caught.value.message.startswith(name)
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_files_that_do_not_go_together(tmp_path: Path) -> None:
    one, other = pose2sim(tmp_path), qualisys(tmp_path)
    with pytest.raises(FileFormatError, match="of several programs"):
        load_rig([one, other])
    with pytest.raises(FileFormatError, match="holds all cameras"):
        load_rig([one, caliscope(tmp_path)])
    (tmp_path / "Calib.qca.txt").unlink()
    with pytest.raises(FileFormatError, match="several calibrations"):
        load_rig(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileMissingError, match="no file of cameras"):
        load_rig(tmp_path / "empty")


def test_two_cameras_of_one_name(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        opencv_yaml(tmp_path / folder)
        for file in (tmp_path / folder).iterdir():
            file.write_text(
                file.read_text().replace("image_width", "camera_name: one\nimage_width")
            )
    with pytest.raises(FileFormatError, match="two cameras are called 'one'"):
        load_rig(tmp_path / "a")
