"""``neuropose study demo``, on stand-ins for what a package index serves."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest
from tests.study.rooms import write_walk

from neuropose.assets import ARTEFACTS, SAMPLE_CLIP, SAMPLE_TRIALS, Artefact
from neuropose.cli import app
from neuropose.cli._console import Session, run
from neuropose.cli.demo.sample_study import cohort_table
from neuropose.io import load_report
from neuropose.testing import synthetic_predictions, write_numbered_video


@pytest.fixture
def samples(cache: Path) -> Session:
    """A cache with stand-ins, which no source has; both trials are TRC here."""
    cache.mkdir(parents=True)
    write_numbered_video(cache / SAMPLE_CLIP, 40, width=320, height=240)
    write_walk(cache / SAMPLE_TRIALS[0])
    pinned = {}
    for name in (SAMPLE_CLIP, SAMPLE_TRIALS[0]):
        content = (cache / name).read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        pinned[name] = Artefact(name, sha256, len(content), "MIT", ())
    return Session(artefacts=pinned)


@pytest.mark.usefixtures("fakes")
def test_it_ends_with_numbers(
    samples: Session,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("neuropose.assets.SAMPLE_TRIALS", SAMPLE_TRIALS[:1])
    out = home / "study"
    command = ["study", "demo", "-o", str(out), "--model", "fake-one"]
    for _ in range(2):  # the second time it replaces what is there
        assert run(app, command, samples) == 0
    report = load_report(out / "report.json")
    assert report.measures["trials_failed"].value == 0.0
    assert report.tables["trials"].column("condition").tolist() == ["video", "markers"]
    with (out / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["subject"] for row in rows] == ["s01", "s02"]
    assert all(float(row["knee_flexion_range_left_deg"]) > 0.0 for row in rows[1:])
    assert "look at" in capsys.readouterr().out
    assert run(app, ["study", "run", str(out / "study.yaml"), "--force"], samples) == 0


def test_everybody_who_is_seen_for_long_is_a_subject() -> None:
    predictions = synthetic_predictions(frame_count=60, people=2)
    rows = cohort_table(predictions, ["a.trc", "b.c3d"]).splitlines()[1:]
    assert rows == [
        "clip.poses.json,s01,track:0,-y,video",
        "clip.poses.json,s02,track:1,-y,video",
        "a.trc,s03,,,markers",
        "b.c3d,s04,,,markers",
    ]


def test_the_samples_are_pinned() -> None:
    for name in (SAMPLE_CLIP, *SAMPLE_TRIALS):
        assert ARTEFACTS[name].sha256 is not None
        assert ARTEFACTS[name].sources
