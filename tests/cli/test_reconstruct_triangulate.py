"""``neuropose reconstruct --triangulate``: joints of several cameras without a body."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.body.known_bodies import known_body, predictions_of
from tests.body.known_views import camera, rig_of, seen
from tests.signed import SIGNED

from neuropose.cli import main
from neuropose.corrections import LeaveOut, SubjectIs, correct_predictions
from neuropose.data import Camera, Rig, Source, VideoPredictions
from neuropose.io import read_trc, save_rig, save_video_predictions
from neuropose.skeletons import Skeleton

Captured = pytest.CaptureFixture[str]
NAMES = ("front", "side")
KNOWN = known_body(frames=30)


def saved(folder: Path, views: dict[str, VideoPredictions], rig: Rig) -> list[str]:
    for name, predictions in views.items():
        save_video_predictions(folder / f"walk_{name}.poses.json", predictions)
    save_rig(folder / "rig.toml", rig)
    paths = [str(folder / f"walk_{name}.poses.json") for name in NAMES]
    return ["reconstruct", *paths, "--rig", str(folder / "rig.toml"), "--triangulate"]


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    return [*saved(tmp_path, seen(NAMES, KNOWN), rig_of(NAMES)), "--synchronous"]


def knee_mm(side: str = "left") -> np.ndarray:
    return KNOWN.points_mm[:, KNOWN.body.landmarks.index(f"{side}_knee")]


def test_joints_are_where_they_are(command: list[str], tmp_path: Path, capsys: Captured) -> None:
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines][:3] == ["camera", "camera", "joints"]
    assert "front: joints within 0.0 px (median), 100 % seen" in lines[0]
    found = read_trc(tmp_path / "cameras.trc")
    assert (found.unit, found.unit_source) == ("mm", Source.FILE)
    assert found.time_s == pytest.approx(KNOWN.time_s, abs=1e-4)
    assert found.marker("left_knee") == pytest.approx(knee_mm(), abs=0.1)
    assert {"left_toe", "pelvis"} <= set(found.names)
    assert main(command) == 12


def test_where_one_camera_lost_the_person_is_missing(tmp_path: Path, capsys: Captured) -> None:
    views = seen(NAMES, KNOWN)
    points_px = np.array(views["side"].poses2d)
    elbow = views["side"].skeleton.index("left_elbow")
    points_px[10:20, elbow] = np.nan
    views["side"] = views["side"].model_copy(update={"poses2d": points_px})
    command = saved(tmp_path, views, rig_of(NAMES))
    out = tmp_path / "walk.trc"
    assert main([*command, "--synchronous", "--json", "-o", str(out)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["outputs"] == [str(out)]
    assert said["joints"]["left_elbow"]["missing"] == pytest.approx(1 / 3)
    assert said["joints"]["left_knee"]["missing"] == 0.0
    assert np.flatnonzero(np.isnan(read_trc(out).marker("left_elbow")[:, 0])).tolist() == list(
        range(10, 20)
    )


def test_the_lens_is_that_of_the_rig(tmp_path: Path) -> None:
    guess = Camera.from_fov(1920, 1080, 110.0, fov_source=Source.ASSUMED)
    views = {
        name: each.model_copy(update={"camera": guess}) for name, each in seen(NAMES, KNOWN).items()
    }
    assert main([*saved(tmp_path, views, rig_of(NAMES)), "--synchronous"]) == 0
    assert read_trc(tmp_path / "cameras.trc").marker("left_knee") == pytest.approx(
        knee_mm(), abs=0.1
    )


def test_a_vertical_along_no_axis_is_turned_to_z(command: list[str], tmp_path: Path) -> None:
    tilted = rig_of(NAMES).model_copy(update={"up": (0.0, -0.8, 0.6)})
    save_rig(tmp_path / "rig.toml", tilted)
    assert main(command) == 0
    knee = read_trc(tmp_path / "cameras.trc").marker("left_knee")
    assert knee[:, 2] == pytest.approx(knee_mm() @ np.array([0.0, -0.8, 0.6]), abs=0.1)


def test_views_of_exchanged_cameras_are_doubted(tmp_path: Path, capsys: Captured) -> None:
    views = seen(NAMES, KNOWN)
    assert main([*saved(tmp_path, views, rig_of(NAMES)), "--synchronous"]) == 0
    assert "do not fit each other" not in capsys.readouterr().err
    first, second, *_ = NAMES
    views[first], views[second] = views[second], views[first]
    assert main([*saved(tmp_path, views, rig_of(NAMES)), "--synchronous", "--force"]) == 0
    said = capsys.readouterr().err
    assert (
        "the views do not fit each other well: rays of the same landmarks miss each other" in said
    )
    assert "named as its camera" in said


def test_animals_need_no_body(tmp_path: Path) -> None:
    animal = Skeleton(name="horse_33", joints=tuple(f"part_{n}" for n in range(33)))
    views = {
        name: VideoPredictions.model_validate(
            {
                **{key: getattr(each, key) for key in VideoPredictions.model_fields},
                "skeleton": animal,
            }
        )
        for name, each in seen(NAMES, KNOWN).items()
    }
    knee = next(iter(seen(NAMES, KNOWN).values())).skeleton.index("left_knee")
    assert main([*saved(tmp_path, views, rig_of(NAMES)), "--synchronous"]) == 0
    found = read_trc(tmp_path / "cameras.trc")
    assert found.marker(f"part_{knee}") == pytest.approx(knee_mm(), abs=0.1)


@pytest.mark.parametrize("options", [["--height-mm", "1700"], ["--free", "left_knee_abduction"]])
def test_there_is_no_body(command: list[str], options: list[str], capsys: Captured) -> None:
    assert main([*command, *options]) == 2
    assert "knows no body" in capsys.readouterr().err


def test_it_needs_a_rig(command: list[str], capsys: Captured) -> None:
    assert main(["reconstruct", command[1], "--triangulate"]) == 2
    assert "--triangulate needs --rig" in capsys.readouterr().err


def test_who_corrected_what_is_said(tmp_path: Path, capsys: Captured) -> None:
    views = seen(NAMES, KNOWN)
    out_of_view = LeaveOut(**SIGNED, start_s=0.2, end_s=0.4)
    views["side"] = correct_predictions(views["side"], [out_of_view])
    command = [*saved(tmp_path, views, rig_of(NAMES)), "--synchronous"]
    assert main(command) == 0
    [told] = [line for line in capsys.readouterr().err.splitlines() if "corrected" in line]
    assert told.startswith("side: corrected by reader 2 on 2026-03-01")
    assert main([*command, "--json", "--force"]) == 0
    assert told in json.loads(capsys.readouterr().out)["notes"]


def test_whom_a_correction_names_must_be_seen_by_several(tmp_path: Path, capsys: Captured) -> None:
    views = seen(NAMES, KNOWN)
    there = replace(KNOWN, points_mm=camera("side").to_camera(KNOWN.points_mm))
    bystander = replace(KNOWN, points_mm=KNOWN.points_mm + np.array([1500.0, 0.0, 900.0]))
    both = predictions_of([there, bystander])
    views["side"] = correct_predictions(both, [SubjectIs(**SIGNED, track=1)])
    command = [*saved(tmp_path, views, rig_of(NAMES)), "--synchronous"]
    assert main(command) == 6
    assert "track 1 of side, the subject by a correction" in capsys.readouterr().err
    assert not (tmp_path / "cameras.trc").exists()
