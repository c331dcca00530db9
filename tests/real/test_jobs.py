"""Real clips through ``ingest`` and ``watch --once``: the same results as ``process``."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks import balance_trial

from neuropose.assets import SAMPLE_CLIP, fetch
from neuropose.cli import main
from neuropose.io import load_job_results, load_video_predictions

pytestmark = pytest.mark.real

CAMERAS = ("cam01", "cam02")


def test_jobs_and_process_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROPOSE_DATA_DIR", str(tmp_path / "jobs"))
    monkeypatch.setenv("NEUROPOSE_MODEL_CACHE_DIR", str(balance_trial.CACHE_DIR))
    monkeypatch.setenv("NEUROPOSE_SETTLE_SECONDS", "0")
    balance = [balance_trial.video(camera) for camera in CAMERAS]
    clip = fetch(SAMPLE_CLIP, balance_trial.CACHE_DIR)
    assert main(["ingest", *map(str, balance), "--job", "balance"]) == 0
    assert main(["ingest", str(clip), "--job", "sample"]) == 0
    assert main(["watch", "--once"]) == 0
    for job, videos in {"balance": balance, "sample": [clip]}.items():
        results = load_job_results(tmp_path / "jobs" / "out" / job / "results.json")
        assert len(results.videos) == len(videos)
        for video, predictions in zip(videos, results.videos.values(), strict=True):
            out = tmp_path / "direct" / f"{video.stem}.json"
            assert main(["process", str(video), "-o", str(out)]) == 0
            assert load_video_predictions(out) == predictions
