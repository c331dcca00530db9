"""``neuropose demo``: on a stand-in for the sample clip, and for real."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av
import cv2
import pytest
from benchmarks.balance_trial import CACHE_DIR

from neuropose import load_model
from neuropose.assets import SAMPLE_CLIP, Artefact, fetch
from neuropose.cli import app, main
from neuropose.cli._console import Session, run
from neuropose.io import load_video_predictions
from neuropose.testing import write_numbered_video

FRAMES = 10
RESULTS = ["contact-sheet.png", "overlay.mp4", "predictions.json"]


@pytest.fixture
def clip(cache: Path) -> Session:
    """A cache with a stand-in for the sample clip, which no source has."""
    cache.mkdir(parents=True)
    path = write_numbered_video(cache / SAMPLE_CLIP, FRAMES, width=320, height=240)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    pinned = Artefact(SAMPLE_CLIP, sha256, path.stat().st_size, "MIT", ())
    return Session(artefacts={SAMPLE_CLIP: pinned})


@pytest.fixture(scope="module")
def real_cache() -> Path:
    """Everything that the demo needs, fetched before a test's environment closes the network."""
    fetch(SAMPLE_CLIP, CACHE_DIR)
    load_model("blazepose", model_cache_dir=CACHE_DIR).close()
    return CACHE_DIR


def shown_frames(path: Path) -> tuple[str, str, int]:
    """Codec, pixel format and number of frames that are decoded."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        return context.name, str(context.pix_fmt), sum(1 for _ in container.decode(stream))


@pytest.mark.usefixtures("fakes")
class TestStandIn:
    def test_three_results_and_nothing_else(
        self, clip: Session, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = home / "a" / "demo"
        assert run(app, ["demo", "--output", str(out), "--model", "fake-one"], clip) == 0
        assert sorted(path.name for path in out.iterdir()) == RESULTS
        predictions = load_video_predictions(out / "predictions.json")
        assert predictions.metadata.frame_count == FRAMES
        assert shown_frames(out / "overlay.mp4")[2] == FRAMES
        assert cv2.imread(str(out / "contact-sheet.png")) is not None
        written = capsys.readouterr().out
        assert all(str(out / name) in written for name in RESULTS)

    def test_again_in_the_same_folder(self, clip: Session, home: Path) -> None:
        arguments = ["demo", "-o", str(home / "demo"), "--model", "fake-one"]
        assert run(app, arguments, clip) == 0
        before = {path.name: path.read_bytes() for path in (home / "demo").iterdir()}
        assert run(app, arguments, clip) == 0
        assert {path.name: path.read_bytes() for path in (home / "demo").iterdir()} == before

    def test_no_folder(self, clip: Session, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (home / "notes").write_text("notes")
        assert run(app, ["demo", "-o", str(home / "notes"), "--model", "fake-one"], clip) == 12
        error, hint = capsys.readouterr().err.splitlines()
        assert error.endswith("notes: not a folder")
        assert "--output" in hint
        assert (home / "notes").read_text() == "notes"


@pytest.mark.real
def test_the_sample_clip(
    real_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NEUROPOSE_MODEL_CACHE_DIR", str(real_cache))
    out = tmp_path / "demo"
    assert main(["demo", "--output", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == RESULTS
    predictions = load_video_predictions(out / "predictions.json")
    assert predictions.metadata.frame_count == 230
    assert len(predictions.track_ids) > 230  # two people for much of the clip
    assert predictions.metadata.gaps == ()
    assert shown_frames(out / "overlay.mp4") == ("h264", "yuv420p", 230)
    sheet = out / "contact-sheet.png"
    assert sheet.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    picture = cv2.imread(str(sheet))
    assert picture is not None
    assert picture.std() > 10  # not one plain colour
    assert "people    " in capsys.readouterr().out
