"""Where TensorFlow is missing, all is as it should be, but for one clear error."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from neuropose.cli import main
from neuropose.testing import write_numbered_video

pytestmark = pytest.mark.skipif(
    find_spec("tensorflow") is not None, reason="TensorFlow is installed here"
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return tmp_path


@pytest.mark.parametrize("model", ["metrabs-eff2l", "metrabs-mob3l", "metrabs:/weights.tar.gz"])
def test_the_extra_is_named_before_anything_is_fetched(
    model: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = write_numbered_video(home / "walk.mp4", 5)
    assert main(["process", str(video), "--model", model]) == 13
    error, hint = capsys.readouterr().err.splitlines()
    assert "needs TensorFlow, which is not installed" in error
    assert "pip install 'neuropose[metrabs]'" in hint
    assert not (home / "share").exists()


def test_the_models_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--json"]) == 0
    models = {model["name"]: model for model in json.loads(capsys.readouterr().out)["models"]}
    assert models["metrabs-eff2l"]["license"] == "non-commercial use only"
    assert models["metrabs-eff2l"]["error"] is None
    assert models["metrabs"]["artefacts"] == []
