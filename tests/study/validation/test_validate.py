"""A device whose errors are known, validated: they are found, and nothing is left out silently."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.study.validation.recorded_twice import DORSIFLEXION_DEG, misread, walk, write

from neuropose.cli import main
from neuropose.data import Report
from neuropose.study.validation.pairing import pair_recordings
from neuropose.study.validation.validate import validate

SIZE, DRIFT = 1.03, 0.002
SUBJECTS, TRIALS = range(1, 5), range(1, 6)
DROPPED = {(1, 2), (1, 4), (2, 1), (3, 3), (4, 2), (4, 5)}
"""30 % of 20."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("demo")
    for subject in SUBJECTS:
        for trial in TRIALS:
            movement = walk(subject, trial, duration_s=12.0)
            name = f"s{subject}/walk{trial}.trc"
            write(root / "lab" / name, movement)
            if (subject, trial) in DROPPED:
                continue
            seen = misread(
                movement.slice(0.4, 11.3),
                offset_s=10.0 * trial,
                drift=DRIFT,
                noise_mm=2.0,
                size=SIZE,
                dorsiflexion_deg=DORSIFLEXION_DEG,
                seed=10 * subject + trial,
            )
            write(root / "device" / name, seen)
    damaged = root / "device/s2/walk2.trc"
    damaged.write_text("not a recording", encoding="utf-8")
    return root / "device", root / "lab"


@pytest.fixture(scope="module")
def report(folders: tuple[Path, Path]) -> Report:
    return validate(pair_recordings(*folders))


def rows(report: Report, table: str) -> list[dict[str, Any]]:
    names = [column.name for column in report.tables[table].columns]
    return [dict(zip(names, row, strict=True)) for row in report.tables[table].rows]


def result(report: Report, name: str, statistic: str, subject: str = "all") -> dict[str, Any]:
    [found] = [
        row
        for row in rows(report, "results")
        if (row["name"], row["statistic"], row["subject"]) == (name, statistic, subject)
    ]
    return found


def test_every_recording_that_is_left_out_is_listed(report: Report) -> None:
    found = {
        (row["subject"], row["trial"]): row["reason"]
        for row in rows(report, "exclusions")
        if row["what"] == "recording"
    }
    dropped = {(f"s{subject}", f"walk{trial}") for subject, trial in DROPPED}
    assert {key for key, why in found.items() if why == "only the reference has it"} == dropped
    assert set(found) - dropped == {("s2", "walk2")}
    assert found["s2", "walk2"].startswith("test: ")
    assert report.parameters["reference"]["reconstruct"] == "auto"
    assert report.measures["pairs"].value == 20 - len(DROPPED) - 1
    assert report.measures["recordings_excluded"].value == len(DROPPED) + 1
    everything = json.dumps(report.model_dump(mode="json"))
    assert "/lab/" not in everything


def test_the_clocks_are_found(report: Report) -> None:
    for row in rows(report, "pairs"):
        trial = int(row["trial"].removeprefix("walk"))
        assert row["rate"] == pytest.approx(1.0 / (1.0 + DRIFT), abs=5e-4)
        shown_s = 10.0 * trial + (1.0 + DRIFT) * 6.0
        assert row["offset"] + row["rate"] * shown_s == pytest.approx(6.0, abs=0.004)


@pytest.mark.parametrize(("event", "most_ms"), [("initial_contact", 9.0), ("foot_off", 6.0)])
def test_events_are_where_they_were(report: Report, event: str, most_ms: float) -> None:
    bias = result(report, event, "bias")
    assert abs(bias["value"]) < most_ms  # noise hides the heel's stop; the toe is left
    assert result(report, event, "sd")["value"] < 10.0
    for statistic in ("within_50_ms", "precision", "recall"):
        assert result(report, event, statistic)["value"] >= 99.0


def test_lengths_are_too_large_by_what_was_done_to_them(report: Report) -> None:
    truth = result(report, "stride_length", "mean_reference")["value"]
    bias = result(report, "stride_length", "bias")
    assert bias["value"] == pytest.approx((SIZE - 1.0) * truth, rel=0.05)
    assert bias["low"] < bias["value"] < bias["high"]
    lower, upper = (
        result(report, "stride_length", f"{side}_limit")["value"] for side in ("lower", "upper")
    )
    assert lower < bias["value"] < upper
    assert (
        result(report, "stride_length", "icc")["value"] < result(report, "cadence", "icc")["value"]
    )


def test_times_are_those_of_the_clock(report: Report) -> None:
    truth = result(report, "stride_time", "mean_reference")["value"]
    bias = result(report, "stride_time", "bias")
    assert bias["value"] == pytest.approx(DRIFT * truth, abs=0.001)
    [told] = [each for each in report.warnings if "runs" in each]
    assert f"runs {100.0 * DRIFT:.2g} % fast against that of the reference" in told


def test_angles_differ_by_what_was_done_to_them(report: Report) -> None:
    ankle, knee = (
        {
            statistic: result(report, f"{name}", statistic)["value"]
            for statistic in ("bias", "rmse", "rmse_centred", "correlation")
        }
        for name in ("ankle_dorsiflexion", "knee_flexion")
    )
    assert ankle["bias"] == pytest.approx(DORSIFLEXION_DEG, abs=0.5)
    assert ankle["rmse"] == pytest.approx(np.hypot(ankle["bias"], ankle["rmse_centred"]), abs=0.1)
    assert ankle["rmse_centred"] < 1.5
    assert abs(knee["bias"]) < 0.5
    assert knee["correlation"] > 0.99


def test_the_curve_of_the_difference(report: Report) -> None:
    ankle = [row for row in rows(report, "curves") if row["angle"] == "ankle_dorsiflexion"]
    assert len(ankle) == 101
    differences = np.array([row["difference"] for row in ankle])
    assert differences == pytest.approx(DORSIFLEXION_DEG, abs=1.5)
    assert all(row["lower_limit"] < row["difference"] < row["upper_limit"] for row in ankle)
    assert {row["band_low"] for row in ankle} == {None}  # four subjects


def test_every_subject_has_its_own_numbers(report: Report) -> None:
    own = [result(report, "knee_flexion", "rmse", f"s{subject}")["value"] for subject in SUBJECTS]
    assert result(report, "knee_flexion", "rmse")["value"] == pytest.approx(np.mean(own))


def test_the_command(folders: tuple[Path, Path], tmp_path: Path, capsys: Any) -> None:
    device, lab = folders
    out, table = tmp_path / "v.json", tmp_path / "v.csv"
    files = [str(device / "s1/walk1.trc"), str(lab / "s1/walk1.trc")]
    assert main(["validate", *files, "-o", str(out), "--table", str(table)]) == 0
    text = capsys.readouterr().out
    assert "1 pair of 1 subject;" in text
    assert "knee flexion" in text
    assert "a delay that is the same in all of it" in text
    header = table.read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == "what,name,subject,statistic,value,low,high,unit,n,reason,warnings"
    assert main(["validate", *files, "-o", str(out)]) != 0
    assert "already there" in capsys.readouterr().err
    mapping = tmp_path / "ours.yaml"
    mapping.write_text("left_heel: [left_heel]\n", encoding="utf-8")
    how = ["--reference-markers", str(mapping), "--reference-up", "y", "--force"]
    assert main(["validate", *files, "-o", str(out), *how]) == 0
    capsys.readouterr()
    assert main(["validate", *files, "-o", str(out), "--test-up", "w", "--force"]) == 2
    assert "--test-up" in capsys.readouterr().err
    damaged = [str(device / "s2/walk2.trc"), str(lab / "s2/walk2.trc")]
    assert main(["validate", *damaged, "-o", str(tmp_path / "none.json")]) != 0
    assert "no two recordings could be compared" in capsys.readouterr().err
    assert (tmp_path / "none.json").exists()
    assert main(["validate", str(device), str(lab), "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert len(plan["pairs"]) == 20 - len(DROPPED)
    assert len(plan["exclusions"]) == len(DROPPED)
