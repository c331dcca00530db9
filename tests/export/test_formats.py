"""Every format of files of text, read back by the simplest reader that there can be."""

from __future__ import annotations

import csv
import errno
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.io import loadmat
from scipy.spatial.transform import Rotation
from tests.export.known_bodies import OFFSETS_MM, known_body

from neuropose.analyzer import PoseSequence, analyze_gait, gait_report
from neuropose.analyzer.kinematics.angles import joint_angles
from neuropose.data import MarkerEvent, MarkerRecording, Pictures, Reconstruction, Report
from neuropose.errors import OutputError
from neuropose.export import export, place
from neuropose.export.body_chain import body_chain
from neuropose.export.content import content_of
from neuropose.export.formats import bids
from neuropose.export.opensim_coordinates import OF_THE_BODY, opensim_coordinates
from neuropose.export.options import ExportOptions
from neuropose.io import load_video_predictions, read_c3d, read_trc, save_video_predictions
from neuropose.sequence.position_error import MARKERS, OF_PICTURES
from neuropose.skeletons import LANDMARKS
from neuropose.testing import simulate_walk, synthetic_predictions, walker_sequence

ROOM = walker_sequence(simulate_walk())


@pytest.fixture(scope="module")
def body() -> Reconstruction:
    return known_body()


@pytest.fixture(scope="module")
def report() -> Report:
    return gait_report(analyze_gait(walker_sequence(simulate_walk())))


def markers(**changes: object) -> MarkerRecording:
    random = np.random.default_rng(5)
    positions_mm = random.uniform(-900.0, 1900.0, (30, 4, 3)).round(2)
    positions_mm[4:7, 2] = np.nan
    fields = {
        "format": "c3d",
        "names": ("LKNE", "RKNE", "LANK", "*7"),
        "time_s": np.arange(30) / 120.0,
        "positions_mm": positions_mm,
        "rate_hz": 120.0,
        "first_frame": 725,
        "up": (0.0, 0.0, 1.0),
        "events": (
            MarkerEvent(time_s=0.05, label="Foot Strike", context="Left"),
            MarkerEvent(time_s=0.203125, label="Foot Off", context="Right"),
        ),
        "angles_deg": {"LKneeAngles": random.uniform(-5.0, 60.0, (30, 3)).round(2)},
    }
    return MarkerRecording.model_validate(fields | changes)


class TestTrc:
    @pytest.mark.parametrize(("unit", "exact_mm"), [("m", 1e-4), ("mm", 1e-4), ("cm", 1e-4)])
    def test_read_back(
        self, body: Reconstruction, tmp_path: Path, unit: str, exact_mm: float
    ) -> None:
        path = tmp_path / "walk.trc"
        export(body, path, "trc", unit=unit)
        again = read_trc(path)
        assert again.names[: len(body.joints)] == body.joints
        np.testing.assert_allclose(
            again.positions_mm[:, : len(body.joints)], body.positions_mm, atol=exact_mm
        )
        np.testing.assert_allclose(again.time_s, body.time_s, atol=1e-6)
        assert (again.rate_hz, again.unit) == (50.0, unit)

    def test_missing_is_nan_and_rows_are_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "trial.trc"
        export(markers(), path, "trc", up="own")
        lines = path.read_text().splitlines()
        assert {len(line.split("\t")) for line in lines[6:]} == {2 + 3 * 4}
        assert lines[6 + 5].split("\t")[8:11] == ["NaN"] * 3

    def test_the_pelvis_is_turned_as_the_body_says(
        self, body: Reconstruction, tmp_path: Path
    ) -> None:
        path = tmp_path / "walk.trc"
        notes = export(body, path, "trc").notes
        again = read_trc(path)
        left, right = (again.marker(f"{side}_pelvis_front_fitted") for side in ("left", "right"))
        behind = 0.5 * sum(again.marker(f"{side}_pelvis_back_fitted") for side in ("left", "right"))
        across = right - left
        hips = (
            body.positions_mm[:, body.joints.index("right_hip")]
            - body.positions_mm[:, body.joints.index("left_hip")]
        )
        cosine = (across * hips).sum(1) / np.linalg.norm(across, axis=1)
        np.testing.assert_allclose(cosine, np.linalg.norm(hips, axis=1), rtol=1e-5)
        forward = 0.5 * (left + right) - behind
        tilt = np.degrees(np.arcsin(forward[:, 1] / np.linalg.norm(forward, axis=1)))
        assert np.corrcoef(tilt, -body.coordinate("pelvis_tilt"))[0, 1] > 0.99
        assert any("nobody saw them" in note for note in notes)

    def test_spines_that_nobody_saw_are_not_read_as_markers(
        self, body: Reconstruction, tmp_path: Path
    ) -> None:
        found = {}
        for kind in ("trc", "c3d"):
            export(body, tmp_path / f"walk.{kind}", kind)
            read = read_trc if kind == "trc" else read_c3d
            found[kind] = PoseSequence.from_recording(read(tmp_path / f"walk.{kind}"), up="y")
            assert not any(found[kind].has(name) for name in LANDMARKS)
        hips = [joint_angles(each)["left_hip_flexion"] for each in found.values()]
        assert hips[0].method == hips[1].method
        np.testing.assert_allclose(hips[0].values_deg, hips[1].values_deg, atol=0.1)


class TestEstimatedFromVideo:
    """Files of positions that no marker was at say so, and are measured accordingly."""

    @pytest.mark.parametrize("kind", ["trc", "c3d"])
    @pytest.mark.parametrize("pictures", list(Pictures))
    def test_the_mark_is_read_back(self, tmp_path: Path, kind: str, pictures: Pictures) -> None:
        path = tmp_path / f"walk.{kind}"
        export(replace(ROOM, position_error=OF_PICTURES[pictures]), path, kind)
        recording = (read_trc if kind == "trc" else read_c3d)(path)
        assert recording.estimated_from is pictures
        again = PoseSequence.from_recording(recording)
        assert again.position_error == OF_PICTURES[pictures]
        [warning] = [each for each in again.warnings if "estimated from video" in each]
        assert f"of {pictures} by NeuroPose" in warning

    @pytest.mark.parametrize("kind", ["trc", "c3d"])
    def test_it_stays_in_what_is_made_of_such_a_file(self, tmp_path: Path, kind: str) -> None:
        export(synthetic_predictions(), tmp_path / "walk.trc", "trc")
        first = read_trc(tmp_path / "walk.trc")
        export(first, tmp_path / f"again.{kind}", kind)
        again = (read_trc if kind == "trc" else read_c3d)(tmp_path / f"again.{kind}")
        assert first.estimated_from is again.estimated_from is Pictures.ONE_CAMERA

    @pytest.mark.parametrize("kind", ["trc", "c3d"])
    def test_markers_have_none(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / f"walk.{kind}"
        for measured in (ROOM, markers()):
            export(measured, path, kind)
            recording = (read_trc if kind == "trc" else read_c3d)(path)
            assert recording.estimated_from is None
            assert PoseSequence.from_recording(recording).position_error == MARKERS

    def test_several_cameras_that_saw_a_body(self, body: Reconstruction, tmp_path: Path) -> None:
        path = tmp_path / "walk.trc"
        export(body.model_copy(update={"cameras": ("front", "side")}), path, "trc")
        assert read_trc(path).estimated_from is Pictures.SEVERAL_CAMERAS

    def test_other_programs_find_the_header_that_they_know(self, tmp_path: Path) -> None:
        path = tmp_path / "walk.trc"
        export(synthetic_predictions(), path, "trc")
        cells = path.read_text().splitlines()[0].split("\t")
        assert cells[:3] == ["PathFileType", "4", "(X/Y/Z)"]
        assert len(cells) == 4
        assert cells[3].endswith(".trc")


class TestC3d:
    def test_markers_there_and_back(self, tmp_path: Path) -> None:
        path, recording = tmp_path / "trial.c3d", markers()
        export(recording, path, "c3d")
        again = read_c3d(path)
        assert again.names == recording.names
        np.testing.assert_allclose(again.positions_mm, recording.positions_mm, atol=0.05)
        assert again.events == recording.events
        assert (again.rate_hz, again.first_frame) == (120.0, 725)
        assert again.up == recording.up
        angles = again.angles_deg["LKneeAngles"]
        np.testing.assert_allclose(angles, recording.angles_deg["LKneeAngles"], atol=1e-3)

    def test_long_trials(self, tmp_path: Path) -> None:
        frames = 70_000
        long = markers(
            time_s=np.arange(frames) / 120.0,
            positions_mm=np.ones((frames, 4, 3)),
            angles_deg={},
            first_frame=1,
            events=(MarkerEvent(time_s=583.0, label="Foot Off", context="Left"),),
        )
        export(long, tmp_path / "long.c3d", "c3d")
        again = read_c3d(tmp_path / "long.c3d")
        assert len(again.time_s) == frames
        assert again.events == long.events

    def test_many_points(self, tmp_path: Path) -> None:
        names = tuple(f"M{number:03d}" for number in range(600))
        many = markers(names=names, positions_mm=np.ones((30, 600, 3)), angles_deg={})
        export(many, tmp_path / "many.c3d", "c3d")
        assert read_c3d(tmp_path / "many.c3d").names == names

    def test_angles_of_a_body(self, body: Reconstruction, tmp_path: Path) -> None:
        path = tmp_path / "walk.c3d"
        export(body, path, "c3d")
        angles = read_c3d(path).angles_deg
        hip = np.stack(
            [
                body.coordinate("right_hip_flexion"),
                -body.coordinate("right_hip_abduction"),
                body.coordinate("right_hip_internal_rotation"),
            ],
            axis=1,
        )
        np.testing.assert_allclose(angles["RHipAngles"], hip, atol=1e-4)
        np.testing.assert_allclose(
            angles["LPelvisAngles"] * [1.0, -1.0, -1.0], angles["RPelvisAngles"], atol=1e-4
        )
        assert (angles["LKneeAngles"][:, 1] == 0.0).all()

    def test_events_of_a_report(self, report: Report, tmp_path: Path) -> None:
        path = tmp_path / "walk.c3d"
        export(walker_sequence(simulate_walk()), path, "c3d", report=report)
        found = read_c3d(path).events
        assert len(found) == len(report.events)
        for there, here in zip(found, report.events, strict=True):
            assert there.time_s == pytest.approx(here.time_s, abs=1e-5)
            assert there.context.lower() == here.side
        assert {each.label for each in found} == {"Foot Strike", "Foot Off"}

    def test_names_of_people_are_numbered(self, tmp_path: Path) -> None:
        names = ("Ann:LKNE", "Bob:LKNE", "Ann:RKNE", "Bob:RKNE")
        two = markers(names=names, subjects=("Ann", "Bob"), angles_deg={})
        export(two, tmp_path / "two.c3d", "c3d")
        assert read_c3d(tmp_path / "two.c3d").names == ("1:LKNE", "2:LKNE", "1:RKNE", "2:RKNE")


class TestMot:
    def test_the_pelvis_turns_as_it_does(self, body: Reconstruction) -> None:
        coordinates = dict(zip(body.coordinate_names, body.coordinates.T, strict=True))
        found, _ = opensim_coordinates(coordinates, "rajagopal")
        ours = Rotation.from_euler(
            "YXZ",
            np.column_stack([coordinates[f"pelvis_{n}"] for n in ("rotation", "obliquity", "tilt")])
            * [1.0, 1.0, -1.0],
            degrees=True,
        )
        theirs = Rotation.from_euler(
            "ZXY",
            np.column_stack([found[f"pelvis_{n}"] for n in ("tilt", "list", "rotation")]),
            degrees=True,
        )
        np.testing.assert_allclose(ours.as_matrix(), theirs.as_matrix(), atol=1e-9)

    @pytest.mark.parametrize(
        ("heading_deg", "turned"), [(0.0, False), (355.0, False), (-90.0, True), (180.0, True)]
    )
    def test_turns_about_the_room_are_said_to_be_such(
        self, heading_deg: float, turned: bool
    ) -> None:
        facing = {
            "pelvis_rotation": np.full(5, heading_deg),
            "pelvis_obliquity": np.full(5, 2.0),
            "pelvis_tilt": np.array([11.0, 11.0, 11.0, 11.0, np.nan]),
        }
        found, notes = opensim_coordinates(facing, "rajagopal")
        assert any("not the pelvis's own" in note for note in notes) is turned
        if heading_deg == -90.0:
            np.testing.assert_allclose(found["pelvis_list"][:4], 11.0, atol=1e-6)

    def test_signs_of_both_models(self, body: Reconstruction, tmp_path: Path) -> None:
        tables = {}
        for model in ("rajagopal", "gait2392"):
            path = tmp_path / f"{model}.mot"
            export(body, path, "mot", model=model)
            lines = path.read_text().splitlines()
            end = lines.index("endheader")
            assert lines[2:5] == [
                "nRows=40",
                f"nColumns={len(lines[end + 1].split())}",
                "inDegrees=yes",
            ]
            names = lines[end + 1].split("\t")
            rows = np.array([line.split("\t") for line in lines[end + 2 :]], float)
            tables[model] = dict(zip(names, rows.T, strict=True))
        knee = body.coordinate("right_knee_flexion")
        np.testing.assert_allclose(tables["rajagopal"]["knee_angle_r"], knee, atol=1e-6)
        np.testing.assert_allclose(tables["gait2392"]["knee_angle_r"], -knee, atol=1e-6)
        assert "arm_flex_r" in tables["rajagopal"]
        assert "arm_flex_r" not in tables["gait2392"]
        adduction = -body.coordinate("left_hip_abduction")
        np.testing.assert_allclose(tables["gait2392"]["hip_adduction_l"], adduction, atol=1e-6)
        assert not {"pelvis_tx", "subtalar_angle_r"} & set(tables["rajagopal"])

    def test_coordinates_that_were_never_seen_are_left_out(self) -> None:
        nobody_knows = np.full(5, np.nan)
        seen = {"left_knee_flexion": np.array([1.0, 2.0, np.nan, 4.0, 5.0])}
        arms = {"left_elbow_flexion": nobody_knows, "lumbar_extension": nobody_knows}
        found, notes = opensim_coordinates(seen | arms, "rajagopal")
        assert set(found) == {"knee_angle_l"}
        assert any("never seen: elbow_flex_l" in note for note in notes)

    def test_it_needs_a_body(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match="a reconstructed body"):
            export(markers(), tmp_path / "trial.mot", "mot")

    @pytest.mark.parametrize("to", ["mot", "opensim"])
    def test_it_says_that_a_report_has_another_zero(
        self, body: Reconstruction, tmp_path: Path, to: str
    ) -> None:
        content = content_of(body)
        notes = export(content, tmp_path / "one", to).notes
        assert OF_THE_BODY in notes
        assert not any("in this recording" in note for note in notes)
        movement = content.movement
        assert movement is not None
        reported = {
            "left_knee_flexion": body.coordinate("left_knee_flexion") - 5.5,
            "right_hip_abduction": body.coordinate("right_hip_abduction") + 3.0,
            "right_knee_flexion": body.coordinate("right_knee_flexion") - 0.5,
            "left_hip_flexion": np.full(len(movement), np.nan),
        }
        known = replace(content, movement=replace(movement, reported_deg=reported))
        assert (
            "in this recording they are, on average, from those of a report: "
            "hip_adduction_r +3.0°, knee_angle_l +5.5°"
        ) in export(known, tmp_path / "two", to).notes

    def test_angles_of_the_recording_are_those_of_its_report(self, body: Reconstruction) -> None:
        sequence = PoseSequence.from_reconstruction(body)
        moved = content_of(body).with_reported(sequence).movement
        assert moved is not None
        measured = joint_angles(sequence)["left_knee_flexion"].values_deg
        np.testing.assert_array_equal(moved.reported_deg["left_knee_flexion"], measured)
        other = content_of(body).with_reported(sequence.resample(7.0)).movement
        assert other is not None
        assert not other.reported_deg

    def test_the_spines_of_the_neutral_pose(self, body: Reconstruction) -> None:
        """What docs/reference/exports.md says of 0 of the hip."""
        moved = content_of(body).movement
        assert moved is not None
        marks = body_chain(moved)[0].landmarks_mm
        down, along = (marks["right_psis"] - marks["right_asis"])[[1, 0]]
        assert np.degrees(np.arctan2(down, -along)) == pytest.approx(3.3, abs=0.1)


class TestBvh:
    def test_joints_are_where_the_rotations_put_them(
        self, body: Reconstruction, tmp_path: Path
    ) -> None:
        path = tmp_path / "walk.bvh"
        export(body, path, "bvh", unit="mm")
        places_mm = bvh_positions(path.read_text())
        for joint, segment in (
            ("pelvis", "pelvis"),
            ("left_hip", "left_thigh"),
            ("right_knee", "right_shank"),
            ("left_ankle", "left_foot"),
            ("right_shoulder", "right_upper_arm"),
            ("left_wrist", "left_hand"),
        ):
            there = body.positions_mm[:, body.joints.index(joint)]
            np.testing.assert_allclose(places_mm[segment], there, atol=0.01)

    def test_what_is_missing_is_bridged_and_said(
        self, body: Reconstruction, tmp_path: Path
    ) -> None:
        coordinates = body.coordinates.copy()
        coordinates[5:8] = np.nan
        gappy = body.model_copy(update={"coordinates": coordinates})
        notes = export(gappy, tmp_path / "walk.bvh", "bvh").notes
        assert any(note.startswith("3 of 40 frames") for note in notes)
        assert "nan" not in (tmp_path / "walk.bvh").read_text().lower()


def bvh_positions(text: str) -> dict[str, np.ndarray]:
    """Run through a BVH file: the position of every joint."""
    head, motion = text.split("MOTION")
    rows = np.array([line.split() for line in motion.strip().splitlines()[2:]], float)
    places, turns, stack = {}, {}, []
    column, name = 0, ""
    lines = [line.split() for line in head.splitlines() if line.strip()]
    for words in lines:
        if words[0] in ("ROOT", "JOINT"):
            name = words[1]
            stack.append(name)
        elif words[0] == "End":
            stack.append("")
        elif words[0] == "}":
            stack.pop()
        elif words[0] == "OFFSET" and stack[-1]:
            parent = stack[-2] if len(stack) > 1 else None
            offset = np.array(words[1:], float)
            places[name] = offset + np.zeros((len(rows), 3))
            turns[name] = Rotation.identity(len(rows))
            if parent is not None:
                places[name] = places[parent] + turns[parent].apply(offset)
                turns[name] = turns[parent]
        elif words[0] == "CHANNELS":
            channels = words[2:]
            values = rows[:, column : column + len(channels)]
            column += len(channels)
            if len(channels) == 6:
                places[name] = places[name] + values[:, :3]
            order = "".join(each[0] for each in channels[-3:])
            turns[name] = turns[name] * Rotation.from_euler(order, values[:, -3:], degrees=True)
    assert column == rows.shape[1]
    return places


class TestTables:
    def test_csv_of_everybody(self, tmp_path: Path) -> None:
        predictions = synthetic_predictions(frame_count=5)
        path = tmp_path / "walk.csv"
        export(predictions, path, "csv")
        with path.open() as lines:
            rows = list(csv.DictReader(lines))
        assert len(rows) == 5 * 33
        joint = predictions.skeleton.index("left_knee")
        [row] = [r for r in rows if (r["frame"], r["keypoint"]) == ("3", "left_knee")]
        detection = predictions.frames["frame_000003"]
        found = [float(row[axis]) for axis in "xyz"]
        np.testing.assert_allclose(found, detection.poses3d[0, joint], atol=1e-3)
        assert float(row["x_px"]) == pytest.approx(detection.poses2d[0, joint, 0], abs=1e-3)
        metadata = json.loads((tmp_path / "walk.csv.json").read_text())
        assert metadata["units"]["x"] == "mm"
        assert "camera" in metadata["axes"]

    def test_csv_of_one_body_has_its_errors(self, body: Reconstruction, tmp_path: Path) -> None:
        path = tmp_path / "walk.csv"
        export(body, path, "csv", unit="m", up="z", subject_label="S01")
        with path.open() as lines:
            rows = list(csv.DictReader(lines))
        assert {row["individual"] for row in rows} == {"S01"}
        spread = np.sqrt((body.position_draws_mm[:, 0, 0].astype(float) ** 2).mean(axis=0))
        stated = [float(rows[0][f"{axis}_standard_error"]) for axis in "xyz"]
        np.testing.assert_allclose(stated, 0.001 * spread[[0, 2, 1]], atol=1e-6)

    def test_missing_cells_are_empty(self, tmp_path: Path) -> None:
        path = tmp_path / "trial.csv"
        export(markers(), path, "csv")
        with path.open() as lines:
            rows = [r for r in csv.DictReader(lines) if r["keypoint"] == "LANK"]
        assert [row["x"] == "" for row in rows[3:8]] == [False, True, True, True, False]

    def test_names_are_what_they_are(self, tmp_path: Path) -> None:
        path = tmp_path / "trial.csv"
        names = ("nan", "R,KNE", "50%", 'the "wand"')
        export(markers(names=names), path, "csv", subject_label="Hernandez")
        with path.open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        assert tuple(row["keypoint"] for row in rows[:4]) == names
        assert {row["individual"] for row in rows} == {"Hernandez"}
        assert [row["x"] == "" for row in rows[2::4]] == [3 < frame < 7 for frame in range(30)]

    def test_predictions_beside_the_table_stay(self, tmp_path: Path) -> None:
        predictions = tmp_path / "walk.json"
        save_video_predictions(predictions, synthetic_predictions(frame_count=2))
        before = predictions.read_bytes()
        export(load_video_predictions(predictions), tmp_path / "walk.csv", "csv")
        assert predictions.read_bytes() == before

    def test_one_of_two_people_says_so(self, tmp_path: Path) -> None:
        two = synthetic_predictions(frame_count=40, people=2)
        everybody = export(two, tmp_path / "all.csv", "csv")
        one = export(two, tmp_path / "one.csv", "csv", up="z")
        said = "left out: other people in the picture, positions in the picture"
        assert [any(said in note for note in each.notes) for each in (everybody, one)] == [
            False,
            True,
        ]

    def test_reports_as_a_folder_with_a_manifest(self, report: Report, tmp_path: Path) -> None:
        folder = tmp_path / "tables"
        export({"a": report, "b": report}, folder, "csv")
        with (folder / "measures.csv").open() as lines:
            rows = list(csv.DictReader(lines))
        assert len(rows) == 2 * len(report.measures)
        [cadence] = [r for r in rows if (r["recording"], r["measure"]) == ("b", "cadence")]
        assert float(cadence["value"]) == pytest.approx(report.measures["cadence"].value)
        manifest = json.loads((folder / "manifest.json").read_text())
        assert {each["path"] for each in manifest["files"]} == {
            path.name for path in folder.iterdir() if path.name != "manifest.json"
        }
        for each in manifest["files"]:
            data = (folder / each["path"]).read_bytes()
            assert each["sha256"] == hashlib.sha256(data).hexdigest()
        with pytest.raises(OutputError, match="already there"):
            export(report, folder, "csv")

    def test_a_workbook_for_people(self, report: Report, tmp_path: Path) -> None:
        openpyxl = pytest.importorskip("openpyxl")
        path = tmp_path / "walk.xlsx"
        export(report, path, "excel")
        book = openpyxl.load_workbook(path)
        assert book.sheetnames[:2] == ["measures", "cycles"]
        sheet = book["measures"]
        heads = [cell.value for cell in sheet[1]]
        found = {row[heads.index("measure")].value: row for row in sheet.iter_rows(min_row=2)}
        value = found["stride_time"][heads.index("value")].value
        assert value == pytest.approx(report.measures["stride_time"].value)
        assert sheet.freeze_panes == "A2"

    def test_matlab(self, body: Reconstruction, report: Report, tmp_path: Path) -> None:
        export(body, tmp_path / "walk.mat", "matlab")
        found = loadmat(tmp_path / "walk.mat", simplify_cells=True)["neuropose"]
        np.testing.assert_array_equal(found["positions"], body.positions_mm)
        assert tuple(found["names"]) == body.joints
        knee = found["angles_deg"]["left_knee_flexion"]
        np.testing.assert_array_equal(knee, body.coordinate("left_knee_flexion"))
        export(report, tmp_path / "report.mat", "matlab")
        measures = loadmat(tmp_path / "report.mat", simplify_cells=True)["neuropose"]["measures"]
        at = list(measures["measure"]).index("cadence")
        assert measures["value"][at] == pytest.approx(report.measures["cadence"].value)

    def test_visual3d(self, body: Reconstruction, tmp_path: Path) -> None:
        path = tmp_path / "walk.txt"
        export(body, path, "visual3d", up="own", unit="mm")
        lines = [line.split("\t") for line in path.read_text().splitlines()]
        assert len({len(line) for line in lines}) == 1
        knee = [i for i, name in enumerate(lines[1]) if name == "left_knee"]
        assert [lines[4][i] for i in knee] == ["X", "Y", "Z"]
        rows = np.array([[float(line[i]) for i in knee] for line in lines[5:]])
        there = body.positions_mm[:, body.joints.index("left_knee")]
        np.testing.assert_allclose(rows, there, atol=1e-5)


class TestJson:
    def test_openpose(self, tmp_path: Path) -> None:
        predictions = synthetic_predictions(frame_count=3)
        folder = tmp_path / "json"
        export(predictions, folder, "openpose", subject_label="S01")
        files = sorted(folder.iterdir())
        assert files[1].name == "S01_000000000001_keypoints.json"
        [person] = json.loads(files[1].read_text())["people"]
        points = np.reshape(person["pose_keypoints_2d"], (25, 3))
        frame = predictions.frames["frame_000001"]
        joint = predictions.skeleton.index
        np.testing.assert_allclose(points[10, :2], frame.poses2d[0, joint("right_knee")], atol=1e-3)
        hips = frame.poses2d[0, [joint("left_hip"), joint("right_hip")]].mean(axis=0)
        np.testing.assert_allclose(points[8, :2], hips, atol=1e-3)
        assert points[20].tolist() == [0.0, 0.0, 0.0]

    def test_the_original_schema_is_read_again(self, tmp_path: Path) -> None:
        predictions = synthetic_predictions(frame_count=4)
        path = tmp_path / "walk.json"
        notes = export(predictions, path, "original").notes
        again = load_video_predictions(path)
        np.testing.assert_array_equal(again.poses3d, predictions.poses3d)
        np.testing.assert_array_equal(again.boxes, predictions.boxes)
        assert any("does not name them" in note for note in notes)


class TestBids:
    def test_a_data_set(self, body: Reconstruction, report: Report, tmp_path: Path) -> None:
        path = tmp_path / "bids"
        export(body, path, "bids", subject_label="S-01", report=report)
        folder = path / "sub-S01" / "motion"
        start = "sub-S01_task-movement_tracksys-neuropose"
        channels = (folder / f"{start}_channels.tsv").read_text().splitlines()
        assert channels[0].split("\t")[:5] == [
            "name",
            "component",
            "type",
            "tracked_point",
            "units",
        ]
        rows = np.loadtxt(folder / f"{start}_motion.tsv")
        assert rows.shape == (40, len(channels) - 1)
        sidecar = json.loads((folder / f"{start}_motion.json").read_text())
        assert (sidecar["TaskName"], sidecar["SamplingFrequency"]) == ("movement", 50.0)
        names = [line.split("\t")[0] for line in channels[1:]]
        placed = place(content_of(body).movement, ExportOptions(), up="z", unit="m")
        knee = placed.positions[:, body.joints.index("left_knee"), 2]
        np.testing.assert_allclose(rows[:, names.index("left_knee_z")], knee, atol=1e-6)
        events = (folder / "sub-S01_task-movement_events.tsv").read_text().splitlines()
        assert len(events) == 1 + len(report.events)

    def test_a_second_recording_joins_the_first(self, body: Reconstruction, tmp_path: Path) -> None:
        path = tmp_path / "bids"
        export(body, path, "bids", subject_label="S01")
        export(body, path, "bids", subject_label="S02")
        assert {each.name for each in path.glob("sub-*")} == {"sub-S01", "sub-S02"}
        with pytest.raises(OutputError, match="already"):
            export(body, path, "bids", subject_label="S02")
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "diary.txt").write_text("private")
        with pytest.raises(OutputError, match="not a BIDS data set"):
            export(body, tmp_path / "other", "bids")

    @pytest.mark.parametrize("joins", [False, True])
    def test_a_full_disk_leaves_nothing(
        self, joins: bool, body: Reconstruction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "bids"
        if joins:
            export(body, path, "bids", subject_label="S01")
        there = sorted(tmp_path.rglob("*"))

        def full(*_: object, **__: object) -> Iterator[bytes]:
            yield b"0.0"
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(bids, "text_rows", full)
            with pytest.raises(OutputError, match=r"bids.sub-S02.*no space left"):
                export(body, path, "bids", subject_label="S02")
        assert sorted(tmp_path.rglob("*")) == there
        export(body, path, "bids", subject_label="S02")


class TestOpenSim:
    def test_the_folder(self, body: Reconstruction, tmp_path: Path) -> None:
        path = tmp_path / "opensim"
        export(body, path, "opensim")
        model = ElementTree.parse(path / "model.osim")
        coordinates = {each.get("name") for each in model.iter("Coordinate")}
        assert set(body.coordinate_names) <= coordinates
        markers = {each.get("name"): each for each in model.iter("Marker")}
        assert set(body.joints) <= set(markers)
        heel = np.array(markers["left_heel"].findtext("location").split(), float)
        x, y, z = OFFSETS_MM["heel"]
        model_mm = np.array([-0.030 * 1700.0, -0.8 * 0.039 * 1700.0, 0.0])
        np.testing.assert_allclose(heel, 0.001 * (model_mm + np.array([x, y, -z])), atol=1e-6)
        for name in ("ik_setup.xml", "with_your_model/ik_setup.xml"):
            setup = ElementTree.parse(path / name)
            tasks = {each.get("name") for each in setup.iter("IKMarkerTask")}
            assert tasks <= set(read_trc(path / "markers.trc").names)
        assert "MODEL.osim" in (path / "README.txt").read_text()
        times = ElementTree.parse(path / "with_your_model" / "scale_setup.xml").findall(
            ".//time_range"
        )
        assert all(float(a) < float(b) for a, b in (each.text.split() for each in times))

    def test_a_body_of_a_labs_own_is_refused(self, body: Reconstruction, tmp_path: Path) -> None:
        own = body.model_copy(update={"settings": {"model": "theirs"}})
        for to in ("bvh", "opensim"):
            with pytest.raises(OutputError, match="only the joints are known"):
                export(own, tmp_path / "x", to)
