"""``neuropose reconstruct``, and the commands that read what it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.fake_bodies import FakeBodies
from tests.trc_files import write_trc

from neuropose import body
from neuropose.body import movement
from neuropose.cli import main
from neuropose.data import Exchange, JobResults, Limbs
from neuropose.io import (
    load_body_shape,
    load_reconstruction,
    load_report,
    load_video_predictions,
    save_job_results,
    save_reconstruction,
    save_video_predictions,
)
from neuropose.testing import simulate_walk, synthetic_predictions

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def bodies(monkeypatch: pytest.MonkeyPatch) -> FakeBodies:
    fake = FakeBodies(3.0)
    monkeypatch.delenv("NEUROPOSE_RECONSTRUCT")
    monkeypatch.setattr(body, "reconstruct", fake.reconstruct)
    monkeypatch.setattr(body, "reconstruct_markers", fake.reconstruct_markers)
    monkeypatch.setattr(movement, "reconstruct_predictions", fake.reconstruct)
    monkeypatch.setattr(movement, "reconstruct_markers", fake.reconstruct_markers)
    return fake


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    path = tmp_path / "walk.poses.json"
    save_video_predictions(path, synthetic_predictions(frame_count=150, people=2))
    return path


class TestReconstruct:
    def test_the_file_is_beside_the_input(
        self, bodies: FakeBodies, walk: Path, capsys: Captured
    ) -> None:
        assert main(["reconstruct", str(walk)]) == 0
        found = load_reconstruction(walk.with_name("walk.reconstruction.npz"))
        assert len(found.time_s) == 150
        text = capsys.readouterr().out
        assert "movement    150 frames, 0.00 to 4.97 s" in text
        assert "body        1750 mm tall, given" in text
        assert f"written     {walk.with_name('walk.reconstruction.npz')}" in text

    def test_one_that_is_there_is_found_before_any_work(
        self, bodies: FakeBodies, walk: Path, capsys: Captured
    ) -> None:
        walk.with_name("walk.reconstruction.npz").write_text("mine")
        assert main(["reconstruct", str(walk)]) == 12
        assert "is already there" in capsys.readouterr().err
        assert bodies.asked == []

    def test_what_is_known_of_the_person_is_used(
        self, bodies: FakeBodies, walk: Path, tmp_path: Path
    ) -> None:
        command = ["reconstruct", str(walk), "--subject", "track:1", "--up", "-y"]
        body = tmp_path / "body.json"
        assert main([*command, "--height-mm", "1650", "--save-body", str(body)]) == 0
        assert load_body_shape(body).height_mm == 1650.0
        assert bodies.asked[-1]["subject"].track_id == 1
        free = ["--free", "left_knee_abduction", "--free", "right_knee_abduction"]
        assert main([*command, "--body", str(body), *free, "--force"]) == 0
        assert bodies.asked[-1]["shape"] == load_body_shape(body)
        assert bodies.asked[-1]["free"] == ("left_knee_abduction", "right_knee_abduction")

    def test_a_video_of_a_job_is_chosen(self, bodies: FakeBodies, tmp_path: Path) -> None:
        videos = {f"video_0{n}": synthetic_predictions(frame_count=10 * n) for n in (1, 2)}
        results = tmp_path / "results.json"
        save_job_results(results, JobResults(videos=videos))
        assert main(["reconstruct", str(results)]) == 2
        assert main(["reconstruct", str(results), "--video", "video_02"]) == 0
        assert len(load_reconstruction(tmp_path / "video_02.reconstruction.npz").time_s) == 20

    def test_machines_are_told_everything_but_the_arrays(
        self, bodies: FakeBodies, walk: Path, capsys: Captured
    ) -> None:
        assert main(["reconstruct", str(walk), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["outputs"] == [str(walk.with_name("walk.reconstruction.npz"))]
        assert told["frames"] == 150
        assert told["shape"]["height_mm"] == 1750.0
        assert told["median_errors"]["pelvis_x"] == pytest.approx(3.0, rel=0.5)
        assert "positions_mm" not in told

    @pytest.mark.parametrize(
        ("options", "code", "message"),
        [
            (["--body", "b.json", "--height-mm", "1700"], 2, "--body has a height"),
            (["--height-mm", "-1"], 2, "--height-mm"),
            (["--height-mm", "176"], 3, "in millimetres: 1760?"),
            (["--height-mm", "1.76"], 3, "nobody is 1.76 mm tall"),
            (["--up", "sideways"], 2, "--up"),
            (["--body", "none.json"], 5, "there is no file"),
            (["--subject", "track:9"], 6, "track 9"),
        ],
    )
    def test_mistakes_are_one_line_each(
        self,
        bodies: FakeBodies,
        walk: Path,
        capsys: Captured,
        options: list[str],
        code: int,
        message: str,
    ) -> None:
        assert main(["reconstruct", str(walk), *options]) == code
        error = capsys.readouterr().err
        assert message in error
        assert len(error.strip().splitlines()) <= 2
        assert not walk.with_name("walk.reconstruction.npz").exists()

    def test_nothing_is_overwritten(self, bodies: FakeBodies, walk: Path, capsys: Captured) -> None:
        assert main(["reconstruct", str(walk)]) == 0
        assert main(["reconstruct", str(walk)]) == 12
        assert "already there" in capsys.readouterr().err
        assert main(["reconstruct", str(walk), "--force"]) == 0
        assert main(["reconstruct", str(walk), "-o", str(walk), "--force"]) == 12
        assert load_video_predictions(walk).metadata.frame_count == 150

    def test_what_cannot_be_fitted_is_said(
        self, bodies: FakeBodies, walk: Path, capsys: Captured
    ) -> None:
        bodies.refusal = "the skeleton has no hips"
        assert main(["reconstruct", str(walk)]) == 11
        assert "error: the skeleton has no hips" in capsys.readouterr().err

    def test_exchanged_sides_are_listed(
        self, bodies: FakeBodies, walk: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        exchanges = (
            Exchange(first=3, last=9, limbs=Limbs.LEGS, probability=0.97),
            Exchange(first=20, last=20, limbs=Limbs.ALL, probability=0.6, settled=False),
        )
        fitted = bodies._fitted

        def exchanged(*arguments: Any, **how: Any) -> Any:
            return fitted(*arguments, **how).model_copy(update={"exchanges": exchanges})

        monkeypatch.setattr(bodies, "_fitted", exchanged)
        assert main(["reconstruct", str(walk)]) == 0
        text = capsys.readouterr().out
        assert "exchanged   left and right, in 8 frames (2 stretches)" in text
        assert "frames 3 to 9: legs, probability 0.97, put right" in text
        assert "frames 20 to 20: all, probability 0.60, not settled" in text


class TestReading:
    def test_predictions_are_measured_as_a_body_moves(
        self, bodies: FakeBodies, walk: Path, capsys: Captured
    ) -> None:
        assert main(["analyze", str(walk), "--task", "rom"]) == 0
        report = load_report(walk.with_name("walk.rom.json"))
        assert report.parameters["draws"] == 4
        assert report.parameters["recording"]["reconstruct"] == "auto"
        assert report.parameters["recording"]["body"] == {"draws": 4, "height_mm": 1750.0}
        assert "±" in capsys.readouterr().out

    def test_or_as_the_model_has_the_joints(self, bodies: FakeBodies, walk: Path) -> None:
        assert main(["analyze", str(walk), "--task", "rom", "--reconstruct", "off"]) == 0
        assert not bodies.asked
        assert "draws" not in load_report(walk.with_name("walk.rom.json")).parameters

    def test_or_as_the_settings_say(
        self, bodies: FakeBodies, walk: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEUROPOSE_RECONSTRUCT", "off")
        assert main(["analyze", str(walk), "--task", "rom"]) == 0
        assert not bodies.asked
        assert main(["analyze", str(walk), "--task", "sway", "--reconstruct", "auto"]) == 0
        assert len(bodies.asked) == 1

    def test_a_reconstruction_is_measured(self, bodies: FakeBodies, walk: Path) -> None:
        assert main(["reconstruct", str(walk)]) == 0
        path = walk.with_name("walk.reconstruction.npz")
        assert main(["analyze", str(path), "--task", "rom"]) == 0
        assert main(["analyze", str(walk), "--task", "rom"]) == 0
        of_file = load_report(walk.with_name("walk.reconstruction.rom.json"))
        of_predictions = load_report(walk.with_name("walk.rom.json"))
        assert of_file.measures == of_predictions.measures
        assert of_file.provenance.inputs[0].kind == "reconstruction"
        assert of_file.subject == of_predictions.subject

    def test_markers_are_measured_as_they_are_unless_it_is_on(
        self, bodies: FakeBodies, tmp_path: Path
    ) -> None:
        path, trial = tmp_path / "walk.trc", simulate_walk()
        write_trc(path, trial.time_s, trial.positions_mm, list(trial.skeleton.joints))
        assert main(["analyze", str(path), "--task", "rom"]) == 0
        assert not bodies.asked
        command = ["analyze", str(path), "--task", "rom", "--reconstruct", "on", "--force"]
        assert main(command) == 0
        assert len(bodies.asked) == 1

    @pytest.mark.parametrize(
        "verb", [["analyze", "--task", "rom"], ["segment", "--height", "nose"]]
    )
    def test_another_word_is_a_mistake(
        self, bodies: FakeBodies, walk: Path, capsys: Captured, verb: list[str]
    ) -> None:
        assert main([verb[0], str(walk), *verb[1:], "--reconstruct", "maybe"]) == 2
        assert "--reconstruct" in capsys.readouterr().err

    def test_people_and_videos_are_of_predictions(
        self, bodies: FakeBodies, walk: Path, capsys: Captured
    ) -> None:
        assert main(["reconstruct", str(walk)]) == 0
        path = walk.with_name("walk.reconstruction.npz")
        assert main(["analyze", str(path), "--task", "rom", "--subject", "track:0"]) == 2
        assert "is of one person" in capsys.readouterr().err

    def test_a_damaged_one_is_said(self, walk: Path, capsys: Captured) -> None:
        path = walk.with_name("walk.reconstruction.npz")
        path.write_bytes(b"PK\x03\x04")
        assert main(["analyze", str(path), "--task", "rom"]) == 5
        assert "cannot be read" in capsys.readouterr().err

    def test_repetitions_are_those_of_the_body(self, bodies: FakeBodies, walk: Path) -> None:
        command = ["segment", str(walk), "--angle", "left_hip,left_knee,left_ankle", "--inverted"]
        assert main(command) == 0
        assert len(bodies.asked) == 1
        assert main([*command, "--reconstruct", "off", "--force"]) == 0
        assert main(["reconstruct", str(walk)]) == 0
        assert len(bodies.asked) == 2
        made = ["--reconstruction", str(walk.with_name("walk.reconstruction.npz"))]
        assert main([*command, *made, "--force"]) == 0
        assert len(bodies.asked) == 2
        assert main([*command, *made, "--reconstruct", "on", "--force"]) == 2

    def test_segmentations_are_stored_with_predictions(
        self, bodies: FakeBodies, walk: Path, capsys: Captured
    ) -> None:
        path = walk.with_name("walk.reconstruction.npz")
        save_reconstruction(path, bodies.reconstruct(load_video_predictions(walk)))
        assert main(["segment", str(path), "--height", "nose"]) == 2
        assert "stored with predictions" in capsys.readouterr().err
