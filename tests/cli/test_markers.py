"""What a marker file has, and a mapping for what its names do not tell."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.io.c3d_files import c3d_bytes
from tests.marker_sets import SETS, dressed
from tests.trc_files import write_trc

from neuropose.cli import main
from neuropose.io import load_report, read_marker_map
from neuropose.testing import simulate_walk, walker_sequence

WALK = walker_sequence(simulate_walk())
UNHEARD_OF = {f"site {number}": place for number, place in enumerate(dressed(WALK, SETS["IOR"]))}


def write_walk(path: Path, markers: dict[str, str] | None = None, name: str = "IOR") -> Path:
    places = dressed(WALK, SETS[name])
    names = [*places] if markers is None else [*markers]
    write_trc(path, WALK.time_s, np.stack([*places.values()], axis=1), names)
    return path


def shown(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    assert main(["markers", *map(str, arguments), "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_the_set_and_what_each_task_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = shown(capsys, write_walk(tmp_path / "walk.trc"))
    first = found["sets"][0]
    assert first["name"] == "IOR, names of Qualisys"
    assert first["legs"][0] == 20
    assert "L_TTC" in first["missing"]
    assert found["joints"]["left_knee"] == ["LFLE", "LFME"]
    assert found["markers"]["LFCC"] == 1.0
    assert found["missing"]["gait"] == []
    assert found["missing"]["reach"] == ["left_wrist", "right_wrist"]


def test_for_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["markers", str(write_walk(tmp_path / "walk.trc"))]) == 0
    text = capsys.readouterr().out
    assert "IOR, names of Qualisys: 20 of 26 markers of the legs" in text
    assert "estimated from LIAS" in text
    assert "reach         lacks left_wrist, right_wrist" in text


def test_several_people_are_asked_for_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{person}:{name}" for person in ("Ann", "Bob") for name in ("LKNE", "RKNE")]
    path = tmp_path / "two.c3d"
    path.write_bytes(c3d_bytes(np.ones((5, 4, 3)), names))
    assert shown(capsys, path)["subjects"] == ["Ann", "Bob"]
    assert shown(capsys, path, "--subject", "Bob")["joints"]["left_knee"] == ["LKNE"]


def test_a_mapping_to_edit_serves_every_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names that nobody knows: what is written, filled in, gives what known names give."""
    known, own = write_walk(tmp_path / "known.trc"), write_walk(tmp_path / "own.trc", UNHEARD_OF)
    mapping = tmp_path / "ours.yaml"
    found = shown(capsys, own, "-o", mapping)
    assert found["joints"] == {}
    assert read_marker_map(mapping) == {}
    assert main(["analyze", str(own), "--task", "gait"]) == 11

    of_known = {place: name for name, place in UNHEARD_OF.items()}
    joints = shown(capsys, known)["joints"]
    lines = [
        f"{joint}: [{', '.join(of_known[name] for name in names)}]"
        for joint, names in joints.items()
        if set(names) <= set(of_known)
    ]
    mapping.write_text("\n".join([mapping.read_text(), *lines]))
    assert shown(capsys, own, "--markers", mapping)["missing"]["gait"] == []
    for path, options in ((own, ["--markers", str(mapping)]), (known, [])):
        assert main(["analyze", str(path), "--task", "gait", *options]) == 0
    reports = [load_report(tmp_path / f"{name}.gait.json") for name in ("own", "known")]
    assert reports[0].measures == reports[1].measures
    assert reports[0].measures["cadence"].value is not None


def test_in_a_pipeline_file(tmp_path: Path) -> None:
    write_walk(tmp_path / "own.trc", UNHEARD_OF)
    (tmp_path / "ours.yaml").write_text("left_heel: site 6\nright_heel: [site 7]\n")
    study = tmp_path / "study.yaml"
    study.write_text(
        "version: 1\ninputs: {primary: {file: own.trc, markers: ours.yaml}}\n"
        "analysis: {features: false, measures: [{task: rom}]}\noutput: {report: rom.json}\n"
    )
    from neuropose.study.contract.loading import load_pipeline

    primary = load_pipeline(study).inputs.primary
    assert primary is not None
    assert primary.markers == {"left_heel": ("site 6",), "right_heel": ("site 7",)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("left_heal: [A]", "left_heel"),
        ("left_heel: []", "left_heel needs the names"),
        ("left_heel: [[A]]", "left_heel needs the names"),
        ("- A", "expected `joint: [marker]` lines"),
        ("left_heel: [A", "line 1"),
    ],
)
def test_a_mapping_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    path, mapping = write_walk(tmp_path / "walk.trc"), tmp_path / "ours.yaml"
    mapping.write_text(content)
    assert main(["analyze", str(path), "--task", "gait", "--markers", str(mapping)]) == 5
    assert said in capsys.readouterr().err


def test_a_mapping_is_not_overwritten_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, mapping = write_walk(tmp_path / "walk.trc"), tmp_path / "ours.yaml"
    mapping.write_text("left_heel: [LFCC]\n")
    assert main(["markers", str(path), "-o", str(mapping)]) == 12
    assert main(["markers", str(path), "-o", str(mapping), "--force"]) == 0
    assert read_marker_map(mapping)["left_heel"] == ("LFCC",)
    assert main(["markers", str(tmp_path / "walk.mp4")]) == 2
    assert "not a C3D or TRC file" in capsys.readouterr().err
