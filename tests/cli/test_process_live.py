"""``neuropose process`` of a live source."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from tests.loopback import PATIENCE_S
from tests.video.live_server import served

from neuropose.cli import main
from neuropose.io import load_video_predictions

pytestmark = pytest.mark.usefixtures("fakes")


def test_a_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "live.json"
    with served(100) as address:
        command = ["process", address, "-o", str(out), "--seconds", "0.4"]
        command += ["--model", "fake-one", "--json"]
        patience = time.monotonic() + PATIENCE_S
        while main(command) == 4:  # nobody listens yet
            assert time.monotonic() < patience
            capsys.readouterr()
            time.sleep(0.1)
    [entry] = json.loads(capsys.readouterr().out)
    predictions = load_video_predictions(out)
    assert entry["metadata"]["frame_count"] == predictions.metadata.frame_count > 0


@pytest.mark.parametrize(
    "arguments",
    [["rtsp://a"], ["rtsp://a", "walk.mp4", "-o", "x"], ["a.mp4", "--seconds", "3"]],
)
def test_a_wrong_command_line(arguments: list[str]) -> None:
    assert main(["process", *arguments]) == 2
