"""``neuropose process``, as its user meets it."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
from tests.estimator import stubs
from tests.loopback import PATIENCE_S

import neuropose.io
from neuropose import Estimator, load_model
from neuropose.cli import main
from neuropose.data import CameraSource, Lens, Source, VideoPredictions
from neuropose.errors import InstallationError, OutputError
from neuropose.io import load_video_predictions
from neuropose.testing import write_numbered_video, write_video

pytestmark = pytest.mark.usefixtures("fakes")

FRAMES = 12
PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from neuropose.cli import main; sys.exit(main())"
)
"""Ctrl-C works even if the tests run in the background of a shell, where it is ignored."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is, with a video."""
    folder = tmp_path / "patients"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write_numbered_video(folder / "walk.mp4", FRAMES)
    return folder


def process(*arguments: str | Path, model: str = "one") -> int:
    return main(["process", "--model", f"fake-{model}", *map(str, arguments)])


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class TestObjectStorage:
    @pytest.fixture
    def storage(self, folder: Path) -> Iterator[Any]:
        storage = fsspec.filesystem("memory")
        storage.put_file(str(folder / "walk.mp4"), "/lab/in/walk.mp4")
        storage.put_file(str(folder / "walk.mp4"), "/lab/in/turn.mp4")
        yield storage
        storage.rm("/lab", recursive=True)

    def read(self, storage: Any, folder: Path, name: str) -> VideoPredictions:
        storage.get_file(name, str(folder / "copy.json"))
        return load_video_predictions(folder / "copy.json")

    def test_from_there_to_there(
        self, storage: Any, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert process("memory://lab/in/*.mp4", "-o", "memory://lab/out", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert [each["output"] for each in told] == [
            "memory://lab/out/turn.poses.json",
            "memory://lab/out/walk.poses.json",
        ]
        assert sorted(storage.glob("/lab/out/*")) == [
            "/lab/out/turn.poses.json",
            "/lab/out/walk.poses.json",
        ]
        assert files(folder) == ["walk.mp4"]
        direct = Estimator(load_model("fake-one")).process_video(folder / "walk.mp4")
        assert self.read(storage, folder, "/lab/out/walk.poses.json") == direct.predictions

    def test_one_side_here(self, storage: Any, folder: Path) -> None:
        assert process("memory://lab/in/turn.mp4", "-o", "poses") == 0
        assert files(folder) == ["poses/turn.poses.json", "walk.mp4"]
        assert process("walk.mp4", "-o", "memory://lab/out/a.npz") == 0
        assert storage.glob("/lab/out/*") == ["/lab/out/a.npz"]

    def test_what_is_there_is_not_replaced_unasked(
        self, storage: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert process("memory://lab/in/walk.mp4") == 0
        before = storage.cat_file("/lab/in/walk.poses.json")
        assert process("memory://lab/in/walk.mp4") == OutputError.exit_code
        assert "memory://lab/in/walk.poses.json is already there" in capsys.readouterr().err
        assert process("memory://lab/in/walk.mp4", "--resume") == 0
        assert "done in an earlier run: memory://lab/in/walk" in capsys.readouterr().err
        assert process("memory://lab/in/walk.mp4", "--resume", model="other") == 12
        assert "memory://lab/in/walk.poses.json is of another" in capsys.readouterr().err
        assert storage.cat_file("/lab/in/walk.poses.json") == before
        assert process("memory://lab/in/walk.mp4", "--force", model="other") == 0
        assert storage.cat_file("/lab/in/walk.poses.json") != before

    def test_a_video_that_is_not_there_does_not_stop_the_others(
        self, storage: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        given = ("memory://lab/in/none.mp4", "memory://lab/in/walk.mp4")
        assert process(*given, "-o", "memory://lab/out") == 4
        assert "memory://lab/in/none.mp4: there is no such file" in capsys.readouterr().err
        assert storage.glob("/lab/out/*") == ["/lab/out/walk.poses.json"]


class TestOneVideo:
    def test_the_predictions_are_beside_the_video(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert process("walk.mp4") == 0
        assert files(folder) == ["walk.mp4", "walk.poses.json"]
        out, err = capsys.readouterr()
        assert err == ""
        assert out.splitlines()[0] == "walk.mp4"
        assert out.splitlines()[-1].split() == ["written", "walk.poses.json"]
        direct = Estimator(load_model("fake-one")).process_video(folder / "walk.mp4")
        assert load_video_predictions(folder / "walk.poses.json") == direct.predictions

    def test_the_predictions_do_not_tell_whose_they_are(self, folder: Path) -> None:
        (folder / "walk.mp4").rename(folder / "Erika Mustermann.mp4")
        assert process(folder / "Erika Mustermann.mp4") == 0
        written = (folder / "Erika Mustermann.poses.json").read_text()
        assert "Mustermann" not in written
        assert str(folder) not in written

    def test_the_summary(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert process("walk.mp4") == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[1:4] == [
            "  video     12 frames, 160×120 px, 30 frames/s",
            "  pictures  12 of 12 frames",
            "  poses     in 12 of 12 frames (100 %)",
        ]
        assert lines[4].startswith("  people    1 found; subject: track 0, ")
        assert lines[5].startswith("            track 0: 12 frames (0 to 11), ")
        assert lines[6] == (
            "  camera    assumed: 55° along the larger side; distances scale with it "
            "(--fov, --camera)"
        )
        assert lines[7].startswith("  speed     ")
        assert len(lines) == 9

    @pytest.mark.parametrize(
        ("output", "written"),
        [
            ("other.json", "other.json"),
            ("results", "results/walk.poses.json"),
            ("results.v2/", "results.v2/walk.poses.json"),
            ("a/b/c", "a/b/c/walk.poses.json"),
            ("a/b/other.json", "a/b/other.json"),
            (".", "walk.poses.json"),
        ],
    )
    def test_output(self, output: str, written: str, folder: Path) -> None:
        assert process("walk.mp4", "--output", output) == 0
        assert files(folder) == sorted(["walk.mp4", written])

    def test_a_folder_whose_name_looks_like_a_file(self, folder: Path) -> None:
        (folder / "old.json").mkdir()
        assert process("walk.mp4", "-o", "old.json") == 0
        assert files(folder) == ["old.json/walk.poses.json", "walk.mp4"]

    def test_existing_predictions_stay(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "walk.poses.json").write_text("precious")
        assert process("walk.mp4") == 12
        error, hint = capsys.readouterr().err.splitlines()
        assert error == "error: walk.poses.json is already there"
        assert "--force" in hint
        assert (folder / "walk.poses.json").read_text() == "precious"
        assert process("walk.mp4", "--force") == 0
        assert load_video_predictions(folder / "walk.poses.json").metadata.frame_count == FRAMES

    def test_for_a_machine(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert process("walk.mp4", "--json", "--workers", "1") == 0
        [entry] = json.loads(capsys.readouterr().out)
        assert entry["video"] == "walk.mp4"
        assert entry["output"] == "walk.poses.json"
        assert entry["error"] is None
        assert entry["metadata"]["frame_count"] == FRAMES
        assert entry["camera"]["source"] == "fov"
        assert entry["subject"]["track_id"] == 0
        assert entry["metrics"]["workers"] == 1
        assert (folder / "walk.poses.json").exists()


class TestCamera:
    def test_field_of_view(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert process("walk.mp4", "--fov", "70") == 0
        assert "camera    70° along the larger side, as given" in capsys.readouterr().out
        camera = load_video_predictions(folder / "walk.poses.json").camera
        assert camera is not None
        assert camera.fov_degrees == 70.0

    def test_field_of_view_of_the_settings(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "lab.toml").write_text('default_fov_degrees = 62.0\nmodel = "fake-one"')
        assert main(["--config", "lab.toml", "process", "walk.mp4"]) == 0
        assert "camera    assumed: 62° along the larger side" in capsys.readouterr().out

    def test_intrinsics(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        matrix = [[200, 0, 80.5], [0, 201.0, 60], [0, 0, 1]]
        given = {"intrinsic_matrix": matrix, "distortion": [0.1, 0, 0, 0]}
        (folder / "camera.json").write_text(json.dumps(given))
        assert process("walk.mp4", "--camera", "camera.json") == 0
        assert "camera    intrinsics as given" in capsys.readouterr().out
        camera = load_video_predictions(folder / "walk.poses.json").camera
        assert camera is not None
        assert camera.source is CameraSource.GIVEN
        assert camera.matrix.tolist() == matrix
        assert camera.distortion == (0.1, 0.0, 0.0, 0.0)

    def test_a_fisheye_from_a_file(self, folder: Path) -> None:
        lens = {"distortion": [0.1, 0.0, 0.0, 0.0], "lens": "fisheye"}
        matrix = [[90.0, 0.0, 80.0], [0.0, 90.0, 60.0], [0.0, 0.0, 1.0]]
        (folder / "camera.json").write_text(json.dumps({"intrinsic_matrix": matrix, **lens}))
        assert process("walk.mp4", "--camera", "camera.json") == 0
        camera = load_video_predictions(folder / "walk.poses.json").camera
        assert camera is not None
        assert camera.lens is Lens.FISHEYE

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (None, "there is no file camera.json"),
            ("nope", "expecting value: line 1"),
            ("[1]", "an object"),
            ("{}", "intrinsic_matrix: field required"),
            ('{"matrix": 1}', "nothing else"),
            ('{"intrinsic_matrix": [[1, 0], [0, 1, 5], [0, 0, 1]]}', "intrinsic_matrix[0][2]"),
            ('{"intrinsic_matrix": [[0, 0, 5], [0, 1, 5], [0, 0, 1]]}', "fx, fy > 0"),
            ('{"intrinsic_matrix": [[NaN, 0, 5], [0, 1, 5], [0, 0, 1]]}', "not JSON"),
        ],
    )
    def test_no_camera_file(
        self, content: str | None, problem: str, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        if content is not None:
            (folder / "camera.json").write_text(content)
        before = files(folder)
        assert process("walk.mp4", "--camera", "camera.json") == 3
        error, hint = capsys.readouterr().err.splitlines()
        assert "camera.json" in error
        assert problem in error
        assert hint.startswith("hint: ")
        assert files(folder) == before

    def test_given_and_assumed_are_told_apart(self, folder: Path) -> None:
        sources = []
        for arguments in ([], ["--fov", "55"]):
            assert process("walk.mp4", "--force", *arguments) == 0
            camera = load_video_predictions(folder / "walk.poses.json").camera
            assert camera is not None
            assert camera.fov_degrees == 55.0
            sources.append(camera.fov_source)
        assert sources == [Source.ASSUMED, Source.GIVEN]

    def test_a_centre_that_is_that_of_another_picture(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_numbered_video(folder / "tall.mp4", FRAMES, width=120, height=160)
        landscape = {"intrinsic_matrix": [[160, 0, 80], [0, 160, 60], [0, 0, 1]]}
        (folder / "camera.json").write_text(json.dumps(landscape))
        assert process("tall.mp4", "--camera", "camera.json") == 0
        warning = (
            "the camera's centre (80, 60) is far from the middle of the picture (120 × 160 px): "
            "it looks like the centre of a 160 × 120 px picture, which is turned"
        )
        assert f"warning   {warning}" in capsys.readouterr().out
        [recorded] = load_video_predictions(folder / "tall.poses.json").warnings
        assert recorded.startswith(warning)


class TestDamage:
    @pytest.fixture
    def damaged(self, folder: Path) -> Path:
        """21 of 40 frames have no picture."""
        video = stubs.write_short_groups(folder / "clip.mp4", 40, frames_per_group=10)
        stubs.damage_frame(video, 3)
        stubs.damage_frame(video, 13)
        stubs.damage_frame(video, 23)
        return video

    @pytest.mark.usefixtures("damaged")
    def test_most_of_a_video_missing_is_no_success_and_nothing_is_lost(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert process("clip.mp4") == 15
        out, err = capsys.readouterr()
        said = "only 19 of 40 frames (47 %) have a picture; from frame 3 on"
        assert out.splitlines()[1].startswith(f"  warning   {said}")
        error, hint = err.splitlines()
        assert error.startswith(f"error: clip.mp4: {said}")
        assert "are saved all the same" in hint
        predictions = load_video_predictions(folder / "clip.poses.json")
        assert predictions.warnings[0].startswith(said)
        assert predictions.frames_with_people == 19
        assert "  pictures  19 of 40 frames" in out.splitlines()

    @pytest.mark.usefixtures("damaged")
    @pytest.mark.parametrize("as_setting", [True, False])
    def test_gaps_that_are_allowed(
        self,
        as_setting: bool,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        if as_setting:
            monkeypatch.setenv("NEUROPOSE_ALLOW_GAPS", "true")
        assert process("clip.mp4", *([] if as_setting else ["--allow-gaps"])) == 0
        out, err = capsys.readouterr()
        assert "warning   only 19 of 40 frames" in out
        assert "error" not in err

    def test_much_of_a_video_missing_is_a_warning(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        video = stubs.write_short_groups(folder / "clip.mp4", 40, frames_per_group=10)
        stubs.damage_frame(video, 13)
        assert process("clip.mp4") == 0
        assert "warning   only 33 of 40 frames (82 %)" in capsys.readouterr().out

    @pytest.mark.usefixtures("damaged")
    def test_for_a_machine(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert process("clip.mp4", "walk.mp4", "--json") == 15
        first, second = json.loads(capsys.readouterr().out)
        assert first["error"].startswith("VideoIncompleteError: clip.mp4: only 19 of 40 frames")
        assert (first["output"], first["people"]) == ("clip.poses.json", 1)
        assert first["warnings"][0].startswith("only 19 of 40 frames")
        assert (first["pictures"], second["pictures"]) == (19, 12)
        assert (second["error"], second["warnings"]) == (None, [])

    def test_a_few_frames_missing_are_no_error(self, folder: Path) -> None:
        video = stubs.write_short_groups(folder / "clip.mp4", 40, frames_per_group=10)
        stubs.damage_frame(video, 18)
        assert process("clip.mp4") == 0
        assert load_video_predictions(folder / "clip.poses.json").warnings == ()


class TestSubject:
    def test_the_one_that_is_asked_for(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_numbered_video(folder / "two.mp4", 30, width=640, height=480)
        for asked in ("track:1", "largest"):
            assert process("two.mp4", "--subject", asked, "--json", "--force", model="two") == 0
            [entry] = json.loads(capsys.readouterr().out)
            assert entry["subject"]["strategy"] == asked
            assert len(entry["subject"]["alternatives"]) == 1
            if asked == "track:1":
                assert entry["subject"]["track_id"] == 1

    @pytest.mark.parametrize("model", ["one", "nobody"])
    def test_nothing_is_lost_when_it_does_not_exist(
        self, model: str, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert process("walk.mp4", "--subject", "track:7", model=model) == 6
        out, err = capsys.readouterr()
        assert "written   walk.poses.json" in out
        error, hint = err.splitlines()
        assert error.startswith("error: walk.mp4: ")
        assert "the predictions are saved" in hint
        assert load_video_predictions(folder / "walk.poses.json").metadata.frame_count == FRAMES

    def test_nor_for_a_machine(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert process("walk.mp4", "--subject", "track:7", "--json") == 6
        [entry] = json.loads(capsys.readouterr().out)
        assert entry["error"] == "SubjectError: walk.mp4: there is no track 7"
        assert entry["output"] == "walk.poses.json"
        assert entry["subject"] is None
        assert entry["metrics"]["frames"] == FRAMES

    def test_nobody_there_is_no_failure(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert process("walk.mp4", model="nobody") == 0
        out = capsys.readouterr().out
        assert "poses     in 0 of 12 frames (0 %)" in out
        assert "people    0 people found" in out
        assert "warning   nobody was found in any of 12 frames" in out

    def test_a_picture_that_the_model_fails_on_is_a_gap(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert process("walk.mp4", model="dazzled") == 0
        out = capsys.readouterr().out
        assert "poses     in 11 of 12 frames (92 %)" in out
        assert "gap       frames 7 to 7: too bright" in out
        predictions = load_video_predictions(folder / "walk.poses.json")
        assert predictions.frames["frame_000007"].gap_reason == "too bright"


def not_there(path: Path) -> None:
    path.unlink(missing_ok=True)


def folder_instead(path: Path) -> None:
    path.mkdir()


class TestRefusals:
    @pytest.mark.parametrize(
        ("make", "problem"),
        [
            (not_there, "there is no such file"),
            (lambda path: path.write_text("text"), "not a video"),
            (Path.touch, "empty"),
            (folder_instead, "this is a folder"),
        ],
    )
    def test_a_video_that_cannot_be_used(
        self, make: Any, problem: str, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        make(folder / "bad.mp4")
        before = files(folder)
        assert process("bad.mp4") == 4
        out, err = capsys.readouterr()
        error, hint = err.splitlines()
        assert error.startswith("error: bad.mp4: ")
        assert problem in error
        assert hint.startswith("hint: ")
        assert out == ""
        assert files(folder) == before

    @pytest.mark.parametrize(
        ("arguments", "code", "problem"),
        [
            (["--fov", "0"], 3, "field of view of 0 degrees"),
            (["--fov", "180"], 3, "field of view of 180 degrees"),
            (["--fov", "nan"], 3, "field of view of nan degrees"),
            (["--fov", "60", "--camera", "c.json"], 3, "both --fov and --camera"),
            (["--subject", "tallest"], 6, "'tallest'"),
            (["--subject", "track:"], 6, "'track:'"),
            (["--subject", "track:N"], 6, "'track:N'"),
            (["--model", "fake-on"], 9, "'fake-on'"),
            (["--model", "fake-unloadable"], 9, "no such tensor"),
            (["--skeleton", "smpl_24"], 9, "no skeleton 'smpl_24'"),
            (["--uncertainty"], 9, "provides no uncertainty"),
            (["--num-aug", "5"], 9, "does not support num_aug"),
            (["--device", "gpu"], 9, "runs on 'cpu', not on 'gpu'"),
            (["--workers", "0"], 2, "--workers"),
            (["-o", "notes.txt/walk.json"], 12, "notes.txt: not a folder"),
            (["-o", "notes.txt"], 12, "notes.txt is already there"),
            (["-o", "walk.mp4", "--force"], 12, "walk.mp4 is not a predictions file"),
        ],
    )
    def test_options(
        self,
        arguments: list[str],
        code: int,
        problem: str,
        folder: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        (folder / "notes.txt").write_text("notes")
        before = {name: (folder / name).read_bytes() for name in files(folder)}
        assert process("walk.mp4", *arguments) == code
        out, err = capsys.readouterr()
        error, hint = err.splitlines()
        assert problem in error
        assert hint.startswith("hint: ")
        assert out == ""
        assert {name: (folder / name).read_bytes() for name in files(folder)} == before

    @pytest.mark.parametrize(
        "arguments", [["gs://lab/walk.mp4", "-o", "poses"], ["walk.mp4", "-o", "gs://lab/poses"]]
    )
    def test_a_kind_of_storage_whose_library_is_missing(
        self,
        arguments: list[str],
        folder: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setitem(sys.modules, "gcsfs", None)
        before = files(folder)
        assert process(*arguments) == InstallationError.exit_code
        error, hint = capsys.readouterr().err.splitlines()
        assert "gs://lab/" in error
        assert "gcsfs" in error
        assert hint == "hint: install it, here and on every worker"
        assert files(folder) == before

    def test_a_folder_where_the_file_would_be(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "walk.poses.json").mkdir()
        assert process("walk.mp4", "--force", model="unloadable") == 12
        assert "walk.poses.json is not a predictions file" in capsys.readouterr().err

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_place_that_may_not_be_written(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder.chmod(0o500)
        try:
            assert process("walk.mp4", model="unloadable") == 12
        finally:
            folder.chmod(0o700)
        assert "nothing can be written to" in capsys.readouterr().err

    def test_no_model_is_loaded_for_no_video(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert process("missing.mp4", "missing-too.mp4", model="unloadable") == 4
        assert "tensor" not in capsys.readouterr().err


class TestSeveralVideos:
    def test_those_that_fail_do_not_stop_the_others(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "notes.mp4").write_text("notes")
        write_numbered_video(folder / "short.mp4", 3)
        names = ["missing.mp4", "walk.mp4", "notes.mp4", "short.mp4"]
        assert process(*names, "-o", "out") == 4
        assert files(folder / "out") == ["short.poses.json", "walk.poses.json"]
        out, err = capsys.readouterr()
        assert [line for line in out.splitlines() if not line.startswith(" ")] == names[1::2]
        lines = err.splitlines()
        assert lines[0].startswith("error: missing.mp4: ")
        assert lines[2].startswith("error: notes.mp4: ")
        assert lines[-1] == "2 of 4 videos with an error: missing.mp4, notes.mp4"

    @pytest.mark.parametrize(
        ("model", "error"), [("wrong", "ModelOutputError"), ("failing", "ModelRunError")]
    )
    def test_a_model_that_fails_on_one(
        self, model: str, error: str, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_numbered_video(folder / "short.mp4", 3)
        assert process("walk.mp4", "short.mp4", "--json", model=model) == 9
        assert files(folder) == ["short.mp4", "short.poses.json", "walk.mp4"]
        out, err = capsys.readouterr()
        failed, good = json.loads(out)
        assert failed["error"].startswith(f"{error}: walk.mp4: ")
        assert failed["output"] is None
        assert (good["error"], good["output"]) == (None, "short.poses.json")
        assert err.startswith("error: walk.mp4: ")

    @pytest.mark.parametrize(
        ("error", "exit_code", "listed"),
        [
            (OutputError("no space left", hint="free some"), 12, ["walk.mp4", "short.mp4"]),
            (KeyboardInterrupt(), 130, ["walk.mp4"]),
        ],
    )
    def test_what_is_done_is_told_whatever_stops_the_rest(
        self,
        error: BaseException,
        exit_code: int,
        listed: list[str],
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        save = neuropose.io.save_video_predictions

        def fail_on_short(path: Path, predictions: VideoPredictions) -> None:
            if path.name.startswith("short"):
                raise error
            save(path, predictions)

        monkeypatch.setattr(neuropose.io, "save_video_predictions", fail_on_short)
        write_numbered_video(folder / "short.mp4", 3)
        assert process("walk.mp4", "short.mp4", "--json") == exit_code
        entries = json.loads(capsys.readouterr().out)
        assert [entry["video"] for entry in entries if entry["output"] or entry["error"]] == listed
        assert entries[0]["output"] == "walk.poses.json"
        assert files(folder) == ["short.mp4", "walk.mp4", "walk.poses.json"]

    def test_a_subject_that_only_one_has(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_numbered_video(folder / "two.mp4", 30, width=640, height=480)
        room = np.zeros((480, 640, 3), np.uint8)
        write_video(folder / "room.mp4", [room] * 5, np.arange(5) / 30.0)
        assert process("room.mp4", "two.mp4", "--subject", "track:1", model="two") == 6
        assert files(folder) == [
            "room.mp4",
            "room.poses.json",
            "two.mp4",
            "two.poses.json",
            "walk.mp4",
        ]
        assert "\n1 of 2 videos with an error: room.mp4\n" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (["walk.mp4", "more/walk.mp4", "-o", "out"], "would both be out/walk.poses.json"),
            (["walk.mp4", "walk.mp4"], "would both be walk.poses.json"),
            (["walk.mp4", "more/walk.mp4", "-o", "one.json"], "one.json is one file"),
        ],
    )
    def test_predictions_would_overwrite_each_other(
        self,
        arguments: list[str],
        problem: str,
        folder: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        (folder / "more").mkdir()
        shutil.copy(folder / "walk.mp4", folder / "more")
        assert process(*arguments) == 12
        assert problem in capsys.readouterr().err
        assert files(folder) == ["more/walk.mp4", "walk.mp4"]


class TestResume:
    def test_what_is_done_is_skipped(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_numbered_video(folder / "short.mp4", 3)
        assert process("walk.mp4") == 0
        before = (folder / "walk.poses.json").stat().st_mtime_ns
        assert process("walk.mp4", "short.mp4") == 12
        assert "--resume skips it" in capsys.readouterr().err
        assert process("walk.mp4", "short.mp4", "--resume") == 0
        assert "walk.mp4: done in an earlier run" in capsys.readouterr().err
        assert (folder / "walk.poses.json").stat().st_mtime_ns == before
        assert load_video_predictions(folder / "short.poses.json").metadata.frame_count == 3

    def test_what_was_made_otherwise_is_not_replaced(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert process("walk.mp4") == 0
        assert process("walk.mp4", "--fov", "61", "--resume") == 12
        assert "is of another video, model, camera or setting" in capsys.readouterr().err
        assert process("walk.mp4", "--fov", "61", "--force") == 0
        assert process("walk.mp4", "--fov", "61", "--resume") == 0

    def test_it_goes_on_where_it_was(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert process("walk.mp4", "-o", "whole.json") == 0
        monkeypatch.setattr("neuropose.cli.process.CHECKPOINT_S", 0.0)

        @contextmanager
        def interrupting(_: str) -> Iterator[Callable[[int, int | None], None]]:
            def show(done: int, total: int | None) -> None:
                if done == 7:
                    raise KeyboardInterrupt

            yield show

        with monkeypatch.context() as patch:
            patch.setattr("neuropose.cli.process.frame_progress", interrupting)
            assert process("walk.mp4", "--resume") == 130
        assert files(folder) == [".walk.poses.json.checkpoint", "walk.mp4", "whole.json"]
        assert process("walk.mp4", "--resume") == 0
        assert "continued at frame " in capsys.readouterr().err
        assert files(folder) == ["walk.mp4", "walk.poses.json", "whole.json"]
        whole = (folder / "whole.json").read_bytes()
        assert (folder / "walk.poses.json").read_bytes() == whole

    def test_not_together_with_force(self) -> None:
        assert process("walk.mp4", "--resume", "--force") == 2


class TestAsAProgram:
    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PROGRAM, "process", *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)

    def test_ctrl_c_leaves_what_is_complete_and_nothing_else(self, folder: Path) -> None:
        write_numbered_video(folder / "short.mp4", 3)
        arguments = ["short.mp4", "walk.mp4", "--model", "fake-stuck"]
        with self.start(*arguments, stderr=subprocess.PIPE) as program:
            assert program.stderr is not None
            try:
                for line in program.stderr:
                    if line == "stuck\n":
                        break
                program.send_signal(signal.SIGINT)
                _, err = program.communicate(timeout=PATIENCE_S)
            finally:
                program.kill()
        assert program.returncode == 130
        assert err.splitlines() == ["interrupted"]
        assert files(folder) == ["short.mp4", "short.poses.json", "walk.mp4"]
        assert load_video_predictions(folder / "short.poses.json").metadata.frame_count == 3

    def test_on_a_terminal_there_is_a_bar(self, folder: Path) -> None:
        screen, terminal = pty.openpty()
        environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
        environment.pop("NO_COLOR", None)
        arguments = ["walk.mp4", "--model", "fake-one"]
        with self.start(*arguments, stderr=terminal, env=environment) as program:
            os.close(terminal)
            shown = read_all(screen)
            out, _ = program.communicate(timeout=PATIENCE_S)
        assert program.returncode == 0
        assert "12/12" in shown
        assert "frames, " in shown
        assert "\x1b" in shown
        assert "\x1b" not in out
        assert out.splitlines()[0] == "walk.mp4"


def read_all(screen: int) -> str:
    """Read a pseudo-terminal until nobody has its other end any more."""
    shown = b""
    try:
        while piece := os.read(screen, 65536):
            shown += piece
    except OSError:  # how Linux tells the end
        pass
    finally:
        os.close(screen)
    return shown.decode()
