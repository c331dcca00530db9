"""Every export read back by a program of other people, values equal to the format's precision."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.export.known_bodies import known_body
from tests.interop.readers import read_with
from tests.io.c3d_files import c3d_bytes

from neuropose.analyzer import analyze_gait, gait_report
from neuropose.data import MarkerRecording, Reconstruction, Report
from neuropose.export import ExportOptions, content_of, export, place
from neuropose.io import read_c3d
from neuropose.testing import simulate_walk, synthetic_predictions, walker_sequence

KNEE_AND_HIP = [
    *(f"{joint}_{side}" for joint in ("knee_angle", "hip_flexion") for side in "rl"),
]


@pytest.fixture(scope="module")
def body() -> Reconstruction:
    return known_body(120)


@pytest.fixture(scope="module")
def report() -> Report:
    return gait_report(analyze_gait(walker_sequence(simulate_walk())))


@pytest.fixture
def trial(tmp_path: Path) -> MarkerRecording:
    points = np.random.default_rng(4).uniform(-900.0, 1900.0, (50, 3, 3)).round(1)
    points[7:12, 1] = np.nan
    events = [("Foot Strike", "Left", 0.1), ("Foot Off", "Right", 0.34)]
    path = tmp_path / "marker.c3d"
    path.write_bytes(c3d_bytes(points, ("LKNE", "RKNE", "LANK"), first_frame=5, events=events))
    return read_c3d(path)


class TestC3d:
    @pytest.mark.parametrize("library", ["ezc3d", "c3d"])
    def test_points(self, library: str, trial: MarkerRecording, tmp_path: Path) -> None:
        path = tmp_path / "out.c3d"
        export(trial, path, "c3d")
        script = {
            "ezc3d": """
import ezc3d
found = ezc3d.c3d(sys.argv[1])
event, point = found["parameters"]["EVENT"], found["parameters"]["POINT"]
show({"points": found["data"]["points"][:3].transpose(2, 1, 0).tolist(),
      "names": point["LABELS"]["value"], "rate": found["header"]["points"]["frame_rate"],
      "first": found["header"]["points"]["first_frame"] + 1,
      "events": list(zip(event["LABELS"]["value"], event["CONTEXTS"]["value"],
                         event["TIMES"]["value"][1].tolist()))})
""",
            "c3d": """
import warnings
warnings.simplefilter("ignore")
import c3d
reader = c3d.Reader(open(sys.argv[1], "rb"))
frames = [points for _, points, _ in reader.read_frames()]
nan = float("nan")
show({"points": [[row[:3].tolist() if row[3] >= 0 else [nan] * 3 for row in points]
                 for points in frames],
      "names": [label.strip() for label in reader.point_labels], "rate": float(reader.point_rate),
      "first": reader.first_frame})
""",
        }[library]
        found = read_with("c3d", script, path)
        points = np.array(found["points"], float)
        np.testing.assert_allclose(points, trial.positions_mm, atol=0.05)
        assert (found["names"], found["rate"]) == (list(trial.names), trial.rate_hz)
        assert found["first"] == trial.first_frame
        if library == "ezc3d":
            offset_s = (trial.first_frame - 1) / trial.rate_hz
            for (label, context, time_s), event in zip(found["events"], trial.events, strict=True):
                assert (label, context) == (event.label, event.context)
                assert time_s == pytest.approx(event.time_s + offset_s, abs=1e-5)

    def test_angles(self, body: Reconstruction, tmp_path: Path) -> None:
        path = tmp_path / "walk.c3d"
        export(body, path, "c3d")
        script = """
import ezc3d
found = ezc3d.c3d(sys.argv[1])
point = found["parameters"]["POINT"]
at = point["LABELS"]["value"].index("LKneeAngles")
show([point["ANGLES"]["value"], found["data"]["points"][0, at].tolist()])
"""
        names, knee = read_with("c3d", script, path)
        assert {"LHipAngles", "RAnkleAngles", "LPelvisAngles"} <= set(names)
        np.testing.assert_allclose(knee, body.coordinate("left_knee_flexion"), atol=1e-4)

    def test_kineticstoolkit(self, body: Reconstruction, tmp_path: Path) -> None:
        path = tmp_path / "walk.c3d"
        export(body, path, "c3d")
        script = """
import warnings
warnings.simplefilter("ignore")
import kineticstoolkit as ktk
points = ktk.read_c3d(sys.argv[1], convert_point_unit=True)["Points"]
show([points.data["left_knee"].tolist(), points.time.tolist()])
"""
        knee, time_s = read_with("kineticstoolkit", script, path)
        there = body.positions_mm[:, body.joints.index("left_knee")]
        np.testing.assert_allclose(np.array(knee)[:, :3], 0.001 * there, atol=1e-6)
        np.testing.assert_allclose(time_s, body.time_s, atol=1e-6)


class TestOpenSim:
    TABLES = """
import opensim
opensim.Logger.setLevelString("Error")
def read(path):
    table = opensim.TimeSeriesTable(path)
    names = table.getColumnLabels()
    return {name: table.getDependentColumn(name).to_numpy().tolist() for name in names}
"""

    def test_trc_and_mot_as_tables(self, body: Reconstruction, tmp_path: Path) -> None:
        trc, mot = tmp_path / "walk.trc", tmp_path / "walk.mot"
        export(body, trc, "trc")
        export(body, mot, "mot")
        script = (
            self.TABLES
            + """
table = opensim.TimeSeriesTableVec3(sys.argv[1])
knee = table.getDependentColumn("left_knee")
show([[[knee[i][j] for j in range(3)] for i in range(table.getNumRows())],
      table.getTableMetaDataString("Units"), read(sys.argv[2])])
"""
        )
        knee, unit, coordinates = read_with("opensim", script, trc, mot)
        placed = place(content_of(body).movement, ExportOptions(), up="y", unit="m")
        there = placed.positions[:, body.joints.index("left_knee")]
        np.testing.assert_allclose(knee, there, atol=1e-6)
        assert unit == "m"
        flexion = body.coordinate("right_hip_flexion")
        np.testing.assert_allclose(coordinates["hip_flexion_r"], flexion, atol=1e-5)

    def test_inverse_kinematics_of_the_bodys_own_model(
        self, body: Reconstruction, tmp_path: Path
    ) -> None:
        """OpenSim finds the coordinates of NeuroPose from the markers, with the model of both."""
        folder = tmp_path / "opensim"
        export(body, folder, "opensim")
        script = (
            self.TABLES
            + """
import os
os.chdir(sys.argv[1])
opensim.InverseKinematicsTool("ik_setup.xml").run()
show([read("motion.mot"), read("ik.mot")])
"""
        )
        ours, theirs = read_with("opensim", script, folder)
        legs = [name for name in ours if "hip" in name or "knee" in name or "pelvis" in name]
        assert len(legs) == 14
        for name in legs:
            np.testing.assert_allclose(theirs[name], ours[name], atol=0.2, err_msg=name)

    def test_a_model_of_others_scaled(self, body: Reconstruction, tmp_path: Path) -> None:
        """Knee and hip within 3° after each one's mean, with the model that Pose2Sim brings."""
        folder = tmp_path / "opensim"
        export(body, folder, "opensim")
        script = (
            self.TABLES
            + """
import importlib.util, os, pathlib, shutil
found = importlib.util.find_spec("Pose2Sim").submodule_search_locations[0]
os.chdir(pathlib.Path(sys.argv[1]) / "with_your_model")
shutil.copy(pathlib.Path(found) / "OpenSim_Setup" / "Model_Pose2Sim_simple.osim", "MODEL.osim")
opensim.ScaleTool("scale_setup.xml").run()
opensim.InverseKinematicsTool("ik_setup.xml").run()
show([read("coordinates.mot"), read("ik.mot")])
"""
        )
        ours, theirs = read_with("opensim", script, folder)
        for name in KNEE_AND_HIP:
            apart = np.array(theirs[name]) - np.array(ours[name])
            assert np.sqrt(np.mean((apart - apart.mean()) ** 2)) < 3.0, name


class TestTables:
    def test_parquet_and_csv(self, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        predictions = synthetic_predictions(frame_count=6)
        parquet, csv = tmp_path / "walk.parquet", tmp_path / "walk.csv"
        export(predictions, parquet, "parquet")
        export(predictions, csv, "csv")
        script = """
import pandas as pd, pyarrow.parquet as pq
table = pd.read_parquet(sys.argv[1])
text = pd.read_csv(sys.argv[2])
knee = table[(table.keypoint == "left_knee") & (table.frame == 4)][["x", "y", "z"]]
apart = (table[["x", "y", "z"]].to_numpy() - text[["x", "y", "z"]].to_numpy())
show([knee.iloc[0].tolist(), float(abs(apart).max()),
      json.loads(pq.read_schema(sys.argv[1]).metadata[b"neuropose"])])
"""
        knee, apart_mm, metadata = read_with("tables", script, parquet, csv)
        joint = predictions.skeleton.index("left_knee")
        there = predictions.frames["frame_000004"].poses3d[0, joint]
        np.testing.assert_allclose(knee, there, atol=1e-4)
        assert apart_mm < 1e-3
        assert metadata["units"]["x"] == "mm"

    def test_reports(self, report: Report, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        folder, book, mat = tmp_path / "p", tmp_path / "walk.xlsx", tmp_path / "walk.mat"
        export(report, folder, "parquet")
        export(report, book, "excel")
        export(report, mat, "matlab")
        script = """
import pandas as pd
from scipy.io import loadmat
measures = pd.read_parquet(sys.argv[1] + "/measures.parquet").set_index("measure").value
sheet = pd.read_excel(sys.argv[2], sheet_name="measures").set_index("measure").value
mat = loadmat(sys.argv[3], simplify_cells=True)["neuropose"]["measures"]
of_mat = dict(zip(mat["measure"], mat["value"]))
show([[float(each[name]) for each in (measures, sheet, of_mat)]
      for name in ("cadence", "stride_time_left")])
"""
        found = read_with("tables", script, folder, book, mat)
        for values, name in zip(found, ("cadence", "stride_time_left"), strict=True):
            assert values == pytest.approx([report.measures[name].value] * 3)


def test_movement(body: Reconstruction, tmp_path: Path) -> None:
    pytest.importorskip("h5netcdf")
    predictions = synthetic_predictions(frame_count=20)
    files = [tmp_path / "p.nc", tmp_path / "p.2d.nc", tmp_path / "b.nc"]
    export(predictions, files[0], "netcdf")
    export(body, files[2], "netcdf", subject_label="S01")
    script = """
import xarray
from movement.kinematics import compute_velocity
from movement.validators.datasets import ValidPosesInputs
found = []
for path in sys.argv[1:]:
    dataset = xarray.open_dataset(path)
    ValidPosesInputs.validate(dataset)
    speed = compute_velocity(dataset.position)
    found.append([dict(dataset.sizes), dataset.individual.values.tolist(), list(speed.shape),
                  dataset.position.sel(keypoint="left_knee").isel(individual=0)
                  .transpose("time", "space").values.tolist()])
show(found)
"""
    of_people, in_picture, of_body = read_with("movement", script, *files, needs="movement")
    joint = predictions.skeleton.index("left_knee")
    np.testing.assert_allclose(of_people[3], predictions.poses3d[:, joint], rtol=1e-6)
    np.testing.assert_allclose(in_picture[3], predictions.poses2d[:, joint], rtol=1e-6)
    assert in_picture[0]["space"] == 2
    assert of_body[1] == ["S01"]
    knee = body.positions_mm[:, body.joints.index("left_knee")]
    np.testing.assert_allclose(of_body[3], knee, atol=1e-9)


def test_nwb(body: Reconstruction, report: Report, tmp_path: Path) -> None:
    pytest.importorskip("ndx_pose")
    path = tmp_path / "walk.nwb"
    export(body, path, "nwb", report=report, subject_label="S01")
    script = """
import ndx_pose, pynwb
problems = pynwb.validate(path=sys.argv[1])
with pynwb.NWBHDF5IO(sys.argv[1], "r") as file:
    content = file.read()
    behavior = content.processing["behavior"]
    knee = behavior["PoseEstimation"].pose_estimation_series["left_knee"]
    angle = behavior["JointAngles"].time_series["left_knee_flexion"]
    show([[str(each) for each in problems], content.subject.subject_id, knee.data[:].tolist(),
          knee.unit, knee.timestamps[:].tolist(), angle.data[:].tolist(),
          list(behavior["Skeletons"].skeletons["body"].nodes[:2])])
"""
    problems, subject, knee, unit, time_s, angle, nodes = read_with("nwb", script, path)
    assert problems == []
    assert (subject, unit) == ("S01", "meters")
    there = 0.001 * body.positions_mm[:, body.joints.index("left_knee")]
    np.testing.assert_allclose(knee, there, atol=1e-12)
    np.testing.assert_allclose(time_s, body.time_s)
    np.testing.assert_allclose(angle, body.coordinate("left_knee_flexion"))
    assert nodes == list(body.joints[:2])


def test_names_that_nwb_does_not_allow(trial: MarkerRecording, tmp_path: Path) -> None:
    pytest.importorskip("ndx_pose")
    path = tmp_path / "trial.nwb"
    export(trial.model_copy(update={"names": ("L/HEE", "L:HEE", "LTOE")}), path, "nwb")
    script = """
import ndx_pose, pynwb
with pynwb.NWBHDF5IO(sys.argv[1], "r") as file:
    poses = file.read().processing["behavior"]["PoseEstimation"]
    nodes = list(poses.skeleton.nodes)
    show([nodes, [poses.pose_estimation_series[name].data[0].tolist() for name in nodes]])
"""
    nodes, first = read_with("nwb", script, path)
    assert nodes == ["L_HEE", "L_HEE'", "LTOE"]
    np.testing.assert_allclose(first, 0.001 * trial.positions_mm[0])


def test_bvh(body: Reconstruction, tmp_path: Path) -> None:
    path = tmp_path / "walk.bvh"
    export(body, path, "bvh")
    script = """
import bvh
found = bvh.Bvh(open(sys.argv[1]).read())
frames = range(found.nframes)
show([found.frame_time, found.joint_offset("left_shank"),
      [found.frame_joint_channel(i, "left_shank", "Zrotation") for i in frames]])
"""
    interval_s, offset_cm, knee = read_with("bvh", script, path)
    assert interval_s == pytest.approx(0.02)
    assert offset_cm[1] == pytest.approx(-0.1 * body.shape.lengths_mm["thigh"], abs=1e-4)
    np.testing.assert_allclose(knee, -body.coordinate("left_knee_flexion"), atol=1e-4)


def test_bids(body: Reconstruction, report: Report, tmp_path: Path) -> None:
    path = tmp_path / "bids"
    export(body, path, "bids", report=report, subject_label="S01")
    script = """
import pathlib, subprocess
program = pathlib.Path(sys.executable).with_name("bids-validator-deno")
done = subprocess.run([program, "--json", sys.argv[1]], capture_output=True, text=True)
show(done.stdout)
"""
    found = json.loads(read_with("bids", script, path))
    issues = found["issues"]["issues"]
    assert [each for each in issues if each["severity"] == "error"] == []
    assert "motion" in [each.lower() for each in found["summary"]["modalities"]]


def test_rerun(body: Reconstruction, tmp_path: Path) -> None:
    pytest.importorskip("rerun")
    path = tmp_path / "walk.rrd"
    export(body, path, "rerun", up="own")
    script = """
from rerun.chunk import RrdReader
found = {}
for chunk in RrdReader(sys.argv[1]).stream():
    batch = chunk.to_record_batch()
    for name in batch.schema.names:
        if name in ("Points3D:positions", "Scalars:scalars"):
            found[str(chunk.entity_path)] = batch.column(name).to_pylist()
show(found)
"""
    found = read_with("rerun", script, path)
    positions = np.array(found["/world/subject"])
    np.testing.assert_allclose(positions, 0.001 * body.positions_mm, atol=1e-6)
    knee = np.ravel(found["/angles/left_knee_flexion"])
    np.testing.assert_allclose(knee, body.coordinate("left_knee_flexion"))


def test_pose2sim(body: Reconstruction, tmp_path: Path) -> None:
    trc, folder = tmp_path / "walk.trc", tmp_path / "json"
    predictions = synthetic_predictions(frame_count=3)
    export(body, trc, "trc", unit="m")
    export(predictions, folder, "openpose")
    script = """
import glob
from Pose2Sim.common import read_trc
from Pose2Sim.personAssociation import read_json
positions, frames, times, names, header = read_trc(sys.argv[1])
people = read_json(sorted(glob.glob(sys.argv[2] + "/*.json"))[1])
people = [list(map(float, each)) for each in people]
show([positions.iloc[4].tolist(), times.tolist(), list(names), people])
"""
    row, time_s, names, people = read_with("pose2sim", script, trc, folder)
    assert names[: len(body.joints)] == list(body.joints)
    there = 0.001 * body.positions_mm[4].ravel()
    np.testing.assert_allclose(row[: len(there)], there, atol=1e-6)
    np.testing.assert_allclose(time_s, body.time_s, atol=1e-6)
    joint = predictions.skeleton.index("right_knee")
    knee = predictions.frames["frame_000001"].poses2d[0, joint]
    np.testing.assert_allclose(people[0][30:32], knee, atol=1e-3)
