"""The example of a plug-in, installed and used as anyone would."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuropose.analyzer import PoseSequence
from neuropose.cli import main
from neuropose.errors import ModelLoadError
from neuropose.estimator import Detections, Estimator, available, load_model
from neuropose.io import load_video_predictions, save_video_predictions
from neuropose.testing import FakeModel, check_model, write_numbered_video

PLUGIN = Path(__file__).parents[2] / "examples" / "plugin"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What pip would install, without an index: the module, and its entry points."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text())["project"]
    site = tmp_path / "site"
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    shutil.copy(PLUGIN / "src" / "standing.py", site)
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(metadata)
    [(group, points)] = project["entry-points"].items()
    lines = [f"[{group}]", *(f"{name} = {target}" for name, target in points.items()), ""]
    (info / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=os.pathsep)
    monkeypatch.setenv("NEUROPOSE_MODEL_CACHE_DIR", str(tmp_path / "models"))
    yield site
    sys.modules.pop("standing", None)


@pytest.mark.usefixtures("site")
class TestExample:
    def test_it_conforms(self) -> None:
        import standing

        check_model(standing.LOADER)

    def test_it_is_short(self) -> None:
        lines = (PLUGIN / "src" / "standing.py").read_text().splitlines()
        code = [line for line in lines if line.strip() and not line.lstrip().startswith(("#", '"'))]
        assert len(code) <= 30

    def test_it_is_listed(self) -> None:
        [model] = [each for each in available() if each.name == "standing"]
        assert (model.license, model.package) == ("MIT", "neuropose-standing")

    def test_its_option_is_typed_and_in_the_provenance(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        write_numbered_video(tmp_path / "walk.mp4", 40)
        command = ["process", "walk.mp4", "--model", "standing", "--force"]
        assert main([*command, "--model-option", "distance_mm=500"]) == 0
        predictions = load_video_predictions(tmp_path / "walk.poses.json")
        assert predictions.provenance is not None
        assert predictions.provenance.settings["distance_mm"] == 500.0
        assert predictions.poses3d[0, 0, 2] == 3500.0
        for wrong, said in (
            ("distance_mm=far", "distance_mm of model 'standing' is not allowed"),
            ("distanze=3", "did you mean distance_mm"),
        ):
            assert main([*command, "--model-option", wrong]) == 9
            assert said in capsys.readouterr().err
        assert main([*command, "--model-option", "distance_mm"]) == 2

    def test_its_predictions_are_analysed_where_it_is_not_installed(
        self, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        write_numbered_video(tmp_path / "walk.mp4", 120)
        assert main(["process", "walk.mp4", "--model", "standing"]) == 0
        shutil.rmtree(site)
        sequence = PoseSequence.from_predictions(load_video_predictions(Path("walk.poses.json")))
        assert sequence.has("pelvis", "left_hip", "right_hip")
        width_mm = sequence.joint("left_hip") - sequence.joint("right_hip")
        assert width_mm[0].tolist() == [240.0, 0.0, 0.0]


def test_others_have_no_options() -> None:
    with pytest.raises(ModelLoadError, match="'blazepose' has no options of its own"):
        load_model("blazepose", model_options={"distance_mm": 3})


class Partial(FakeModel):
    """A model that has only the positions in the picture, or only those in space."""

    def __init__(self, lacks: str) -> None:
        super().__init__()
        self.lacks = lacks

    def predict(self, *given: Any, **options: Any) -> Iterator[Detections]:
        for found in super().predict(*given, **options):
            nothing = np.full_like(getattr(found, self.lacks), np.nan)
            yield dataclasses.replace(found, **{self.lacks: nothing})


@pytest.mark.parametrize("lacks", ["poses3d", "poses2d"])
def test_a_model_of_two_or_of_three_dimensions_only(lacks: str, tmp_path: Path) -> None:
    check_model(Partial(lacks))
    video = write_numbered_video(tmp_path / "walk.mp4", 12)
    found = Estimator(Partial(lacks)).process_video(video).predictions
    assert np.isnan(getattr(found, lacks)).all()
    save_video_predictions(tmp_path / "walk.json", found)
    assert load_video_predictions(tmp_path / "walk.json") == found
    if lacks == "poses3d":
        assert set(found.track_ids.tolist()) == {0}
