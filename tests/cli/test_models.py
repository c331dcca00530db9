"""``neuropose models``, without the network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.loopback import Server, closed_url, running_server, sha256

from neuropose.assets import ARTEFACTS, Artefact, UrlSource
from neuropose.cli import app, main
from neuropose.cli._console import Session, run

CONTENT = b"weights" * 100
WEIGHTS = ("pose_detection.tflite", "pose_landmark_full.tflite")


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture
def pinned(server: Server) -> dict[str, Artefact]:
    """Tiny stand-ins for the real artefacts; heavy cannot be reached."""
    return {
        name: Artefact(
            name,
            sha256(name.encode()),
            len(name),
            "MIT",
            (
                UrlSource(
                    closed_url() if "heavy" in name else server.serve(f"/{name}", name.encode())
                ),
            ),
        )
        for name in ARTEFACTS
    }


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that offers a pose model, and cannot be imported."""
    info = tmp_path / "site" / "thirdparty-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thirdparty\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[neuropose.models]\nbroken = no_such_module:load\n")
    monkeypatch.syspath_prepend(tmp_path / "site")


class TestList:
    def test_says_what_is_here(
        self, pinned: dict[str, Artefact], cache: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(app, ["models", "list"], Session(artefacts=pinned)) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "blazepose (default): weights missing (Apache-2.0)" in lines
        assert run(app, ["models", "pull"], Session(artefacts=pinned)) == 0
        (cache / "pose_landmark_lite.tflite").write_text("damaged")
        capsys.readouterr()
        assert run(app, ["models", "list"], Session(artefacts=pinned)) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "blazepose (default): ready (Apache-2.0)" in lines
        assert "blazepose-lite: weights damaged (Apache-2.0)" in lines
        assert "blazepose-heavy: weights missing (Apache-2.0)" in lines
        assert f"cache: {cache}" in lines

    def test_json(self, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["models", "list", "--json"]) == 0
        listed = json.loads(capsys.readouterr().out)
        model = next(model for model in listed["models"] if model["name"] == "blazepose")
        assert model == {
            "name": "blazepose",
            "package": "neuropose",
            "default": True,
            "state": "weights missing",
            "error": None,
            "license": "Apache-2.0",
            "artefacts": list(WEIGHTS),
            "inference_options": ["deterministic", "skeleton"],
            "skeletons": ["blazepose_33"],
            "devices": ["cpu"],
        }
        assert {file["name"]: file["sha256"] for file in listed["artefacts"]} == {
            name: artefact.sha256 for name, artefact in ARTEFACTS.items()
        }
        assert {file["state"] for file in listed["artefacts"]} == {"missing"}
        assert not cache.exists()

    @pytest.mark.usefixtures("plug_in")
    @pytest.mark.filterwarnings("always")
    def test_a_broken_plug_in_is_listed_with_its_reason(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["models", "list", "--json"]) == 0
        out, err = capsys.readouterr()
        assert err.startswith("warning: the plug-in of model 'broken' is broken: ModuleNotFound")
        models = json.loads(out)["models"]
        broken = next(model for model in models if model["name"] == "broken")
        assert broken["package"] == "thirdparty"
        assert broken["state"] == "broken"
        assert "no_such_module" in broken["error"]
        assert "blazepose" in [model["name"] for model in models]


class TestPull:
    def test_the_set_model_is_the_default(
        self, pinned: dict[str, Artefact], server: Server, cache: Path
    ) -> None:
        assert run(app, ["models", "pull"], Session(artefacts=pinned)) == 0
        assert run(app, ["models", "pull"], Session(artefacts=pinned)) == 0
        assert server.requests == {f"/{name}": 1 for name in WEIGHTS}
        assert all((cache / name).read_text() == name for name in WEIGHTS)

    def test_files_by_name(self, pinned: dict[str, Artefact], cache: Path) -> None:
        arguments = ["models", "pull", "sports2d_demo.mp4", "blazepose-lite"]
        assert run(app, arguments, Session(artefacts=pinned)) == 0
        assert (cache / "sports2d_demo.mp4").exists()
        assert (cache / "pose_landmark_lite.tflite").exists()

    def test_one_that_fails_does_not_stop_the_others(
        self, pinned: dict[str, Artefact], cache: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(app, ["models", "pull", "--all"], Session(artefacts=pinned)) == 7
        assert [name for name in pinned if not (cache / name).exists()] == [
            "pose_landmark_heavy.tflite"
        ]
        error, hint = capsys.readouterr().err.splitlines()[-2:]
        assert error.startswith("error: pose_landmark_heavy.tflite cannot be obtained: http://127")
        assert "neuropose models add FILE" in hint

    def test_for_a_machine(
        self, pinned: dict[str, Artefact], cache: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(app, ["models", "pull", "--all", "--json"], Session(artefacts=pinned)) == 7
        told = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
        assert list(told) == list(pinned)
        assert told["pose_landmark_heavy.tflite"]["path"] is None
        assert "cannot be obtained" in told["pose_landmark_heavy.tflite"]["error"]
        good = told["pose_landmark_lite.tflite"]
        assert (good["path"], good["error"]) == (str(cache / good["name"]), None)
        arguments = ["models", "verify", good["name"], "--json"]
        assert run(app, arguments, Session(artefacts=pinned)) == 0
        assert json.loads(capsys.readouterr().out) == [good]

    def test_an_unknown_name(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["models", "pull", "blazepos"]) == 7
        assert "did you mean blazepose?" in capsys.readouterr().err

    @pytest.mark.usefixtures("plug_in")
    @pytest.mark.filterwarnings("always")
    def test_a_broken_model(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["models", "pull", "broken"]) == 9
        assert "reinstall or remove the package thirdparty" in capsys.readouterr().err


class TestAddAndVerify:
    def test_by_hand(
        self,
        pinned: dict[str, Artefact],
        cache: Path,
        home: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        name = "pose_landmark_heavy.tflite"
        (home / "good").write_text(name)
        (home / "bad").write_text("something else")
        arguments = ["models", "add", str(home / "bad"), str(home / "good")]
        assert run(app, arguments, Session(artefacts=pinned)) == 7
        assert f"{name}: added to {cache}" in capsys.readouterr().err
        assert run(app, ["models", "verify"], Session(artefacts=pinned)) == 0
        assert capsys.readouterr().out == f"{name}: good\n"

    def test_damage_is_found_and_pull_mends_it(
        self, pinned: dict[str, Artefact], cache: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(app, ["models", "pull"], Session(artefacts=pinned)) == 0
        for name in WEIGHTS:
            (cache / name).write_text("damaged")
        assert run(app, ["models", "verify"], Session(artefacts=pinned)) == 7
        err = capsys.readouterr().err
        assert all(f"{name} is damaged" in err for name in WEIGHTS)
        assert run(app, ["models", "pull"], Session(artefacts=pinned)) == 0
        assert run(app, ["models", "verify", "blazepose"], Session(artefacts=pinned)) == 0

    def test_nothing_there_yet(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["models", "verify"]) == 0
        assert capsys.readouterr().out.startswith("nothing in ")
        assert main(["models", "verify", WEIGHTS[0]]) == 7
