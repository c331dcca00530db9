"""Which recordings belong together: folders of BioCV, of OpenCap, of jobs and of a laboratory."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuropose.errors import FileMissingError
from neuropose.study.validation.pairing import Pairing, pair_recordings, plates_of


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"metadata": {}, "frames": {}}' if path.suffix == ".json" else "")


def keys(found: Pairing) -> list[tuple[str, str]]:
    return [(pair.subject, pair.name) for pair in found.pairs]


def test_a_laboratory(tmp_path: Path) -> None:
    touch(tmp_path, "lab/S01/day1/Walk 01.c3d", "lab/S01/day1/Walk 02.c3d", "lab/S02/Walk 01.c3d")
    touch(tmp_path, "video/s01/walk_01.poses.json", "video/s02/walk-01.poses.json")
    found = pair_recordings(tmp_path / "video", tmp_path / "lab")
    assert keys(found) == [("S01", "Walk 01"), ("S02", "Walk 01")]
    [left_out] = found.exclusions
    assert (left_out.trial, left_out.reason) == ("Walk 02", "only the reference has it")
    assert found.subjects.source == "file"


def test_biocv(tmp_path: Path) -> None:
    for trial in ("P03_WALK_01", "P03_CMJM_02"):
        touch(tmp_path, f"biocv/P03/{trial}/markers.c3d", f"poses/P03/{trial}/00.poses.json")
        touch(tmp_path, f"poses/P03/{trial}/04.poses.json")
    found = pair_recordings(tmp_path / "poses", tmp_path / "biocv")
    assert not found.pairs
    assert {each.reason for each in found.exclusions} == {
        "the test has 2 recordings of it: choose with --test-glob"
    }
    found = pair_recordings(tmp_path / "poses", tmp_path / "biocv", test_glob="**/04.poses.json")
    assert keys(found) == [("P03", "P03_CMJM_02"), ("P03", "P03_WALK_01")]
    assert {pair.test.file.name for pair in found.pairs} == {"04.poses.json"}


def test_biocv_with_results_beside_the_markers(tmp_path: Path) -> None:
    touch(tmp_path, "P03/P03_WALK_01/markers.c3d", "P03/P03_WALK_01/00.poses.json")
    [pair] = pair_recordings(tmp_path, tmp_path).pairs
    assert (pair.test.file.name, pair.reference.file.name) == ("00.poses.json", "markers.c3d")


def test_what_lies_beside_the_markers_in_biocv_is_no_movement(tmp_path: Path) -> None:
    trial = "P03/P03_WALK_01"
    touch(tmp_path, *(f"{trial}/{name}" for name in ("markers.c3d", "raw.c3d", "led.c3d")))
    touch(tmp_path, f"{trial}/00.poses.json", "P04/P04_WALK_01/raw.c3d")
    found = pair_recordings(tmp_path, tmp_path)
    [pair] = found.pairs
    assert pair.reference.file.name == "markers.c3d"
    assert [each.subject for each in found.exclusions] == ["P04"]
    [pair] = pair_recordings(tmp_path, tmp_path, reference_glob="P03/**/raw.c3d").pairs
    assert pair.reference.file.name == "raw.c3d"


def test_opencap_in_one_folder(tmp_path: Path) -> None:
    for subject in ("subject2", "subject3"):
        data = f"LabValidation/{subject}/MarkerData"
        touch(tmp_path, f"{data}/Mocap/walking1.trc", f"{data}/Mocap/squats1.trc")
        for cameras in (2, 5):
            touch(tmp_path, f"{data}/Video/HRNet/{cameras}-cameras/PostAugmentation/walking1.trc")
    folder = tmp_path / "LabValidation"
    found = pair_recordings(folder, folder, test_glob="**/2-cameras/**/*.trc")
    assert keys(found) == [("subject2", "walking1"), ("subject3", "walking1")]
    assert {each.trial for each in found.exclusions} == {"squats1"}
    assert all("Mocap" in pair.reference.file.parts for pair in found.pairs)
    assert all("2-cameras" in pair.test.file.parts for pair in found.pairs)


def test_a_session_of_opencap(tmp_path: Path) -> None:
    touch(tmp_path, "OpenCapData_ab12/MarkerData/gait.trc", "lab/OpenCapData_ab12/gait.c3d")
    found = pair_recordings(tmp_path / "OpenCapData_ab12" / "MarkerData", tmp_path / "lab")
    assert keys(found) == [("OpenCapData_ab12", "gait")]


def test_subjects_of_one_flat_folder_are_assumed(tmp_path: Path) -> None:
    touch(tmp_path, "a/s01_walk.trc", "a/s02_walk.trc", "b/S01_walk.c3d", "b/s02_walk.c3d")
    found = pair_recordings(tmp_path / "a", tmp_path / "b")
    assert keys(found) == [("S01", "S01_walk"), ("s02", "s02_walk")]
    assert found.subjects.source == "assumed"


def test_two_files(tmp_path: Path) -> None:
    touch(tmp_path, "one.trc", "other.c3d")
    [pair] = pair_recordings(tmp_path / "one.trc", tmp_path / "other.c3d").pairs
    assert pair.name == "other"
    with pytest.raises(FileMissingError):
        pair_recordings(tmp_path / "one.trc", tmp_path / "none.c3d")
    with pytest.raises(FileMissingError, match=r"\*\.c3d"):
        pair_recordings(tmp_path, tmp_path, test_glob="*/*.c3d")


def test_force_plates(tmp_path: Path) -> None:
    touch(tmp_path, "s/MarkerData/Mocap/walking1.trc", "s/ForceData/walking1_forces.mot")
    touch(tmp_path, "walk.trc", "walk_grf.mot", "alone.c3d")
    assert plates_of(tmp_path / "s/MarkerData/Mocap/walking1.trc").name == "walking1_forces.mot"
    assert plates_of(tmp_path / "walk.trc").name == "walk_grf.mot"
    assert plates_of(tmp_path / "alone.c3d").name == "alone.c3d"
