"""``neuropose calibrate``: the board to print, and what is said of a calibration."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.multiview.boards.rendering import Renderer, film, poses

from neuropose.cli import main
from neuropose.data import Camera
from neuropose.io import load_rig
from neuropose.multiview.boards import Board

SIZE = (480, 270)
BOARD = "charuco:6x4:40"
CAMERA = Camera(
    intrinsic_matrix=((430.0, 0.0, 243.0), (0.0, 430.0, 132.0), (0.0, 0.0, 1.0)),
    distortion=(-0.1, 0.03, 0.0, 0.0),
    source="given",
)


def filmed(path: Path, *, mirrored: bool = False) -> Path:
    board = Board.parse(BOARD)
    renderer = Renderer(board, CAMERA, *SIZE)
    shown = [renderer.picture(*pose) for pose in poses(board, CAMERA, SIZE, 27, fill=0.5)]
    return film(path, [each[:, ::-1] if mirrored else each for each in shown])


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filmed(tmp_path_factory.mktemp("videos") / "side.mp4")


class TestBoard:
    def test_it_is_written_and_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "board.pdf"
        assert main(["calibrate", "board", "--paper", "A3", "-o", str(path)]) == 0
        assert path.read_bytes().startswith(b"%PDF-")
        said = capsys.readouterr().out
        named = re.search(r"--board (\S+)", said)
        assert named is not None
        assert Board.parse(named[1]).square_mm == 50.0
        assert "print at 100 %" in said

    def test_for_machines(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "board.pdf"
        command = ["calibrate", "board", "--kind", "checkerboard", "--square-mm", "20", "--json"]
        assert main([*command, "-o", str(path)]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said == {"board": "checkerboard:8x5:20", "paper": "A4", "written": str(path)}

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--paper", "B7"], "no paper 'B7'"),
            (["--squares", "8"], "'8' is not a number of squares"),
            (["--squares", "300x5"], "no board"),
            (["--square-mm", "90"], "does not fit on A4"),
        ],
    )
    def test_what_cannot_be_printed(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
    ) -> None:
        path = tmp_path / "board.pdf"
        assert main(["calibrate", "board", "-o", str(path), *options]) == 17
        assert said in capsys.readouterr().err
        assert not path.exists()

    def test_one_that_looks_the_same_upside_down_is_a_warning(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command = ["calibrate", "board", "--kind", "checkerboard", "--squares", "7x5"]
        assert main([*command, "-o", str(tmp_path / "board.pdf")]) == 0
        assert "upside down" in capsys.readouterr().out

    def test_what_is_there_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "board.pdf"
        path.write_text("mine")
        assert main(["calibrate", "board", "-o", str(path)]) == 12
        assert path.read_text() == "mine"
        assert main(["calibrate", "board", "-o", str(path), "--force"]) == 0


class TestVideos:
    def test_a_verdict_and_a_rig(
        self, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "rig.toml"
        assert main(["calibrate", str(video), "--board", BOARD, "-o", str(out)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines][:3] == ["camera", "scale", "floor"]
        assert re.search(r"side: field of view 58°, board in 2\d of 27 pictures", lines[0])
        assert lines[-2].startswith("verdict")
        assert lines[-1] == f"written   {out}"
        rig = load_rig(out)
        assert rig.names == ("side",)
        assert rig["side"].camera.matrix[0, 0] == pytest.approx(430.0, rel=0.01)
        assert main(["calibrate", str(video), "--board", BOARD, "-o", str(out)]) == 12

    def test_for_machines_and_with_known_intrinsics(
        self, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        first, second = tmp_path / "first.toml", tmp_path / "second.toml"
        command = ["calibrate", "videos", str(video), "--board", BOARD, "--json"]
        assert main([*command, "-o", str(first)]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["written"] == str(first)
        (camera,) = said["cameras"]
        assert camera["name"] == "side"
        assert 0.0 < camera["focal_error"] < 0.01
        command[2] = f"side={shutil.copy(video, tmp_path / '0001.mp4')}"
        assert main([*command, "-o", str(second), "--intrinsics", str(first)]) == 0
        (camera,) = json.loads(capsys.readouterr().out)["cameras"]
        assert camera["focal_error"] is None
        assert load_rig(second)["side"].camera == load_rig(first)["side"].camera

    def test_a_refusal_says_what_to_film_again(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path, out = filmed(tmp_path / "selfie.mp4", mirrored=True), tmp_path / "rig.toml"
        assert main(["calibrate", str(path), "--board", BOARD, "-o", str(out)]) == 17
        what, hint = capsys.readouterr().err.strip().splitlines()[-2:]
        assert "selfie: the picture is mirrored" in what
        assert "switch mirroring off" in hint
        assert not out.exists()

    def test_the_same_camera_twice(
        self, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        twice = ["calibrate", str(video), str(video), "--board", BOARD]
        assert main([*twice, "-o", str(tmp_path / "rig.toml")]) == 17
        assert "two videos are of a camera" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("videos", "cameras"),
        [
            (["a.mp4", "b.mp4"], ["a", "b"]),
            (["left/video.mp4", "right/video.mp4"], ["left", "right"]),
            (["side=1.mp4", "front=2.mp4"], ["side", "front"]),
            (["side=1.mp4", "front.mp4"], ["side", "front"]),
            (["day/a=1.mp4", "b.mp4"], ["a=1", "b"]),
            (["c=3.mp4", "b.mp4"], ["c=3", "b"]),
        ],
    )
    def test_what_cameras_are_called(
        self,
        videos: list[str],
        cameras: list[str],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        from neuropose.cli.calibrate.videos import _by_camera

        monkeypatch.chdir(tmp_path)
        Path("c=3.mp4").touch()  # a file of that name, not a camera c
        named = _by_camera(videos)
        assert list(named) == cameras
        assert all(str(path) in text for path, text in zip(named.values(), videos, strict=True))

    @pytest.mark.parametrize(
        ("options", "code", "said"),
        [
            (["--board", "charuco:8:5"], 17, "does not name a board"),
            (["--board", BOARD, "--lens", "wide"], 2, "pinhole or fisheye"),
        ],
    )
    def test_wrong_options(
        self,
        video: Path,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        options: list[str],
        code: int,
        said: str,
    ) -> None:
        assert main(["calibrate", str(video), *options, "-o", str(tmp_path / "rig.toml")]) == code
        assert said in capsys.readouterr().err

    def test_intrinsics_of_other_cameras(
        self, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = tmp_path / "other.mp4"
        shutil.copy(video, other)
        first = tmp_path / "first.toml"
        assert main(["calibrate", str(video), "--board", BOARD, "-o", str(first)]) == 0
        both = ["calibrate", str(other), str(tmp_path / "third.mp4"), "--board", BOARD]
        assert main([*both, "-o", str(tmp_path / "r.toml"), "--intrinsics", str(first)]) == 17
        assert "has no camera of these videos: it has side" in capsys.readouterr().err
