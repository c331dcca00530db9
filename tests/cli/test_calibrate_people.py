"""``neuropose calibrate people``: cameras from a person who walks through all views."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.multiview.known_room import HEIGHT_MM, SIZE_PX, room, view_of, walk_at

from neuropose.cli import main
from neuropose.data import Camera, CameraSource, Source, VideoMetadata, VideoPredictions
from neuropose.data.cameras import Rig
from neuropose.io import load_rig, save_rig, save_video_predictions
from neuropose.multiview import View
from neuropose.multiview.sides import mirrored
from neuropose.skeletons import BLAZEPOSE_33

Captured = pytest.CaptureFixture[str]
SHARED = ["--synchronised", "--height-mm", str(HEIGHT_MM)]
NAMES = ("cam1", "cam2")


def predictions_of(view: View, camera: Camera | None) -> VideoPredictions:
    frames = len(view.time_s)
    corner, size = view.points_px.min(axis=1), np.ptp(view.points_px, axis=1)
    return VideoPredictions(
        metadata=VideoMetadata(frame_count=frames, fps=30.0, width=SIZE_PX[0], height=SIZE_PX[1]),
        camera=camera,
        skeleton=BLAZEPOSE_33,
        time_s=view.time_s,
        offsets=np.arange(frames + 1),
        boxes=np.concatenate([corner, size, np.full((frames, 1), 0.9)], axis=1),
        poses3d=np.zeros((frames, 33, 3)),
        poses2d=view.points_px,
        confidence=view.confidence,
        track_ids=np.zeros(frames, np.int64),
    )


def late_walk(shared_s: np.ndarray) -> np.ndarray:
    return walk_at(shared_s + 0.4)


@pytest.fixture(scope="module")
def true_rig() -> Rig:
    known = {"source": CameraSource.GIVEN, "fov_degrees": None, "fov_source": None}
    rig = room(count=2)
    cameras = [
        each.model_copy(update={"camera": each.camera.model_copy(update=known)})
        for each in rig.cameras
    ]
    return rig.model_copy(update={"cameras": tuple(cameras)})


@pytest.fixture(scope="module")
def seen(true_rig: Rig) -> dict[str, VideoPredictions]:
    return {
        camera.name: predictions_of(view_of(camera, seed=number), camera.camera)
        for number, camera in enumerate(true_rig.cameras)
    }


@pytest.fixture
def folder(tmp_path: Path, seen: dict[str, VideoPredictions]) -> Path:
    for name, each in seen.items():
        save_video_predictions(tmp_path / f"{name}.poses.json", each)
    return tmp_path


def files(folder: Path) -> list[str]:
    return [str(folder / f"{name}.poses.json") for name in NAMES]


def with_camera(folder: Path, seen: dict[str, VideoPredictions], camera: Camera | None) -> None:
    for name, each in seen.items():
        own = each.model_copy(update={"camera": camera})
        save_video_predictions(folder / f"{name}.poses.json", own)


def test_a_verdict_and_a_rig(folder: Path, true_rig: Rig, capsys: Captured) -> None:
    out = folder / "rig.toml"
    assert main(["calibrate", "people", *files(folder), *SHARED, "-o", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [line.split()[0] for line in lines]
    assert heads[:7] == ["camera", "camera", "pair", "person", "scale", "floor", "clock"]
    assert "a person of 1750 mm, as given" in lines[4]
    assert lines[-2] == "verdict   good"
    assert lines[-1] == f"written   {out}"
    rig = load_rig(out)
    assert rig.names == NAMES
    assert rig.heights_mm() == pytest.approx(true_rig.heights_mm(), rel=0.08, abs=60)
    between = np.linalg.norm(np.diff(rig.centres_mm(), axis=0))
    assert between == pytest.approx(
        np.linalg.norm(np.diff(true_rig.centres_mm(), axis=0)), rel=0.04
    )
    assert rig["cam2"].clock.source is Source.GIVEN
    assert main(["calibrate", "people", *files(folder), *SHARED, "-o", str(out)]) == 12


def test_a_distance_for_machines(folder: Path, capsys: Captured) -> None:
    out = folder / "rig.toml"
    scale = ["--distance", "cam1,cam2,3500", "--synchronised"]
    assert main(["calibrate", "people", *files(folder), *scale, "-o", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["scale_source"], said["written"]) == ("good", "given", str(out))
    assert [each["name"] for each in said["cameras"]] == list(NAMES)
    one, other = (np.array(each["centre_mm"]) for each in said["cameras"])
    assert np.linalg.norm(one - other) == pytest.approx(3500.0)


def test_an_assumed_height_is_said_loudly(folder: Path, capsys: Captured) -> None:
    out = folder / "rig.toml"
    command = ["calibrate", "people", *files(folder), "--synchronised", "-o", str(out)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "scale     ASSUMED, a person of 1700 mm: any length may be 6 % off" in said
    assert "verdict   usable" in said
    assert load_rig(out).scale_source is Source.ASSUMED


def test_clocks_are_found_and_not_kept(
    folder: Path, true_rig: Rig, seen: dict[str, VideoPredictions], capsys: Captured
) -> None:
    late = view_of(true_rig["cam2"], seed=1, points_at=late_walk)
    own = predictions_of(late, true_rig["cam2"].camera)
    save_video_predictions(folder / "cam2.poses.json", own)
    out = folder / "rig.toml"
    command = ["calibrate", "people", *files(folder), "--height-mm", "1750", "-o", str(out)]
    assert main([*command, "--json"]) == 0
    cameras = json.loads(capsys.readouterr().out)["cameras"]
    assert cameras[1]["offset_s"] == pytest.approx(0.4, abs=0.015)
    assert load_rig(out)["cam2"].clock.offset_s == 0.0


def test_intrinsics_of_a_file_come_before_those_of_the_predictions(
    folder: Path, true_rig: Rig, seen: dict[str, VideoPredictions], capsys: Captured
) -> None:
    with_camera(folder, seen, Camera.from_fov(*SIZE_PX, 40.0))
    for name in NAMES:
        (folder / f"{name}.poses.json").rename(folder / f"walk_{name}.poses.json")
    save_rig(folder / "near.toml", true_rig)
    walked = [str(folder / f"walk_{name}.poses.json") for name in NAMES]
    out = folder / "rig.toml"
    command = ["calibrate", "people", *walked, *SHARED, "-o", str(out)]
    assert main([*command, "--intrinsics", str(folder / "near.toml")]) == 0
    assert "intrinsics as given" in capsys.readouterr().out
    rig = load_rig(out)
    assert rig.names == NAMES
    assert rig["cam1"].camera.matrix == pytest.approx(true_rig["cam1"].camera.matrix)


def test_a_field_of_view_is_a_warning_if_given_and_refused_if_assumed(
    folder: Path, seen: dict[str, VideoPredictions], capsys: Captured
) -> None:
    out = folder / "rig.toml"
    command = ["calibrate", "people", *files(folder), *SHARED, "-o", str(out)]
    with_camera(folder, seen, Camera.from_fov(*SIZE_PX, 65.0))
    assert main(command) == 0
    assert "the lens of cam1 is that of a field of view of 65°" in capsys.readouterr().out
    assert len(load_rig(out).warnings) == 2
    with_camera(folder, seen, Camera.from_fov(*SIZE_PX, 65.0, fov_source=Source.ASSUMED))
    assert main([*command, "--force"]) == 17
    what, hint = capsys.readouterr().err.strip().splitlines()[-2:]
    assert "nothing is known of the lens" in what
    assert "--intrinsics" in hint


def test_a_mirrored_video_is_refused(
    folder: Path, seen: dict[str, VideoPredictions], capsys: Captured
) -> None:
    points_px = np.array(seen["cam2"].poses2d)[:, mirrored(BLAZEPOSE_33.joints)]
    points_px[..., 0] = SIZE_PX[0] - points_px[..., 0]
    flipped = seen["cam2"].model_copy(update={"poses2d": points_px})
    save_video_predictions(folder / "cam2.poses.json", flipped)
    out = folder / "rig.toml"
    assert main(["calibrate", "people", *files(folder), *SHARED, "-o", str(out)]) == 17
    assert "is mirrored" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--height-mm", "1750", "--distance", "cam1,cam2,3500"], 2, "choose one"),
        (["--distance", "cam1,3500"], 2, "is not two cameras and a distance in mm"),
        (["--distance", "cam1,cam9,3500", "--synchronised"], 17, "name two of cam1, cam2"),
        (["--height-mm", "4000", "--synchronised"], 3, "nobody is 4000 mm tall"),
    ],
)
def test_wrong_options(
    folder: Path, options: list[str], code: int, said: str, capsys: Captured
) -> None:
    out = folder / "rig.toml"
    assert main(["calibrate", "people", *files(folder), *options, "-o", str(out)]) == code
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_one_camera_twice(folder: Path, capsys: Captured) -> None:
    one, other = files(folder)
    twice = ["calibrate", "people", f"side={one}", f"side={other}"]
    assert main([*twice, "-o", str(folder / "rig.toml")]) == 2
    assert "both from camera" in capsys.readouterr().err
