"""Cohorts: all cores, bad files listed, interrupted and resumed, the same whoever does it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.elsewhere import Elsewhere
from tests.study.rooms import ASSUMED_FOV, DeadlyTrial, example, write_assumed

from neuropose.classify import load_card, load_classifier, trials_from_table
from neuropose.cli import main
from neuropose.data import JobResults
from neuropose.errors import ConfigError, FileFormatError, LeakageError
from neuropose.io import save_job_results
from neuropose.study import cohort_trials, load_pipeline, run_pipeline, save_result
from neuropose.study.cohort.table import read_cohort
from neuropose.study.cohort.trials import _plain, run_trials
from neuropose.study.contract.cohort import Classification
from neuropose.study.contract.pipeline import Cohort
from neuropose.study.run import work_folder
from neuropose.study.trial.measured_with import measured_with
from neuropose.study.trial.report import of_one, trial_key
from neuropose.testing import synthetic_predictions


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("cohort")
    pipeline = load_pipeline(example("cohort.yaml", folder))
    seen: list[tuple[int, int]] = []
    result = run_pipeline(pipeline, workers=2, progress=lambda *at: seen.append(at))
    save_result(pipeline, result)
    return pipeline, result, seen


def outputs(pipeline) -> list[bytes]:
    output = pipeline.output
    files = (output.report, output.features, output.trials, output.curves)
    return [path.read_bytes() for path in files]


def test_groups_sessions_and_progress(done) -> None:
    pipeline, result, seen = done
    assert seen[0] == (0, 12)
    assert seen[-1] == (12, 12)
    report = result.report
    assert report.measures["trials"].value == 12
    assert report.measures["subjects"].value == 6
    compared = report.tables["group_comparison"]
    assert compared.column("n_first").tolist() == [3, 3, 3]  # subjects, not trials
    stride = dict(zip([c.name for c in compared.columns], compared.rows[0], strict=True))
    assert stride["difference"] > 0.0  # patients walk with a lower cadence here
    assert stride["p_value_adjusted"] >= stride["p_value"]
    assert stride["hedges_g_low"] < stride["hedges_g"] < stride["hedges_g_high"]
    assert set(report.tables["curve_comparison"].column("n_first")) == {3}
    assert "knee_flexion_left" in report.tables["curve_comparison"].column("curve")
    agreement = report.tables["agreement"]
    assert agreement.column("n").tolist() == [6, 6, 6]
    assert (agreement.column("lower_limit") < agreement.column("bias")).all()
    alike = report.tables["reliability"]
    assert alike.column("icc")[0] > 0.9
    assert alike.column("mdc95")[0] > 0.0
    gaps = report.tables["feature_gaps"].to_frame().set_index("feature")
    assert gaps.loc["wrist_velocity_dominant_frequency_left_hz", "trials"] == 12
    assert "stride_time_left_s" not in gaps.index
    features = pd.read_csv(pipeline.output.features)
    assert set(features["trial"]) == set(range(1, 13))
    assert features["stride_time_left_s"].notna().any()
    trials, curves = pd.read_csv(pipeline.output.trials), pd.read_csv(pipeline.output.curves)
    assert trials["trial"].tolist() == list(range(1, 13))
    assert trials["stride_time_left_s"].notna().all()
    assert len(curves) == 12 * 101
    assert curves["knee_flexion_left"].notna().all()
    for table in (trials, curves):
        assert set(table["measured_with"]) == {measured_with(pipeline)}


def test_an_interrupted_run_goes_on_and_gives_the_same(done) -> None:
    pipeline, _, _ = done
    wanted = outputs(pipeline)
    kept = sorted(work_folder(pipeline.output.report).glob("*.json"))
    assert len(kept) == 12
    kept[0].unlink()
    kept[1].write_bytes(kept[1].read_bytes()[:1000])  # as if the disk had lost the rest
    result = run_pipeline(pipeline, workers=1)
    assert sum(each.resumed for each in result.outcomes) == 10
    save_result(pipeline, result)
    assert outputs(pipeline) == wanted


def test_workers_elsewhere_give_the_same(done, tmp_path: Path) -> None:
    pipeline, _, _ = done
    wanted = outputs(pipeline)
    shutil.rmtree(work_folder(pipeline.output.report))
    pool = Elsewhere()
    result = run_pipeline(pipeline, workers=pool)
    assert pool.calls == ["_run"] * 12
    save_result(pipeline, result)
    assert outputs(pipeline) == wanted


def test_parts_on_several_machines_and_then_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = example("cohort.yaml", tmp_path)
    for part in ("1/2", "2/2"):
        assert main(["study", "run", str(path), "--part", part]) == 0
        assert "kept      6 of 6 trials in " in capsys.readouterr().out
    pipeline = load_pipeline(path)
    assert not pipeline.output.report.exists()
    assert main(["study", "run", str(path)]) == 0
    assert "resumed   12 trials of an earlier run" in capsys.readouterr().out
    assert main(["study", "run", str(path), "--part", "3/2"]) == 2


def test_an_interruption_keeps_what_is_done(tmp_path: Path) -> None:
    pipeline = load_pipeline(example("cohort.yaml", tmp_path))

    def stop(done: int, count: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_pipeline(pipeline, workers=1, progress=stop)
    kept = list(work_folder(pipeline.output.report).glob("*.json"))
    assert 2 <= len(kept) < 12
    assert not pipeline.output.report.exists()


def test_a_classifier_is_saved_and_the_same_for_any_number_of_workers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = example("classification.yaml", tmp_path)
    pipeline = load_pipeline(path, ["analysis.classification.permutations=9"])
    seen: list[tuple[int, int]] = []
    result = run_pipeline(pipeline, workers=1, permuting=lambda *at: seen.append(at))
    save_result(pipeline, result)
    assert seen[-1] == (9, 9)
    assert result.report.measures["classification_balanced_accuracy"].value > 0.9
    assert "scikit-learn" in result.report.provenance.versions
    written = pipeline.output.report.read_bytes()
    card = load_card(pipeline.output.model)
    assert card.features == pipeline.analysis.classification.features
    table = pd.read_csv(pipeline.output.trials)
    trials = trials_from_table(
        table, subject="subject", label=None, trial="trial", ignore=[*card.columns.ignored, "group"]
    )
    predicted = load_classifier(pipeline.output.model).predict(trials)
    assert [each.predicted for each in predicted.trials] == table["group"].tolist()
    save_result(pipeline, run_pipeline(pipeline, workers=2))
    assert pipeline.output.report.read_bytes() == written
    assert card.measured_with == measured_with(pipeline)
    command = ["classify", "predict", str(pipeline.output.model)]
    assert main([*command, str(pipeline.output.trials)]) == 0
    table.drop(columns="measured_with").to_csv(tmp_path / "unknown.csv", index=False)
    assert main([*command, str(tmp_path / "unknown.csv")]) == 0
    assert "warning: there is no column 'measured_with'" in capsys.readouterr().err
    # The same recordings, measured otherwise, as a user would hand them over.
    settings = ["preparation.cutoff_hz=2", "output.trials=slow.csv", "output.model=slow-model"]
    slow = load_pipeline(path, [*settings, "analysis.classification.permutations=0"])
    save_result(slow, run_pipeline(slow, workers=2))
    assert list(pd.read_csv(slow.output.trials)) == list(table)
    capsys.readouterr()
    assert main([*command, str(slow.output.trials)]) == 11
    out, err = capsys.readouterr()
    assert not out
    assert f"measured with other settings ({measured_with(slow)})" in err


def test_another_setting_or_file_is_made_anew(done, tmp_path: Path) -> None:
    pipeline, _, _ = done
    again = load_pipeline(
        pipeline.inputs.cohort.table.parent / "cohort.yaml", ["preparation.cutoff_hz=7"]
    )
    trial, other = (each.source for each in read_cohort(pipeline.inputs.cohort)[:2])
    key = trial_key(of_one(pipeline, trial))
    assert trial_key(of_one(again, trial)) != key
    assert trial_key(of_one(pipeline, other)) != key
    curves = pipeline.analysis.model_copy(update={"curves": ("knee_flexion",)})
    assert trial_key(of_one(pipeline.model_copy(update={"analysis": curves}), trial)) != key
    statistics = pipeline.analysis.statistics.model_copy(update={"seed": 1})
    classification = Classification(model="logistic")
    analysis = pipeline.analysis.model_copy(
        update={"statistics": statistics, "classification": classification}
    )
    other_test = pipeline.model_copy(update={"analysis": analysis})
    assert trial_key(of_one(other_test, trial)) == key


def test_a_bad_file_is_listed_and_the_others_go_on(tmp_path: Path) -> None:
    path = example("cohort.yaml", tmp_path)
    lines = (tmp_path / "cohort.csv").read_text().splitlines()
    (tmp_path / "cohort.csv").write_text("\n".join([lines[0], *lines[1:4], lines[7]]) + "\n")
    shutil.copy(tmp_path / "p1-second.trc", tmp_path / "p2-first.trc")
    (tmp_path / "p1-first.trc").write_text("this is no TRC file")
    (tmp_path / "c1-first.trc").unlink()
    result = run_pipeline(load_pipeline(path), workers=1)
    trials = result.report.tables["trials"]
    reasons = trials.column("reason")
    assert reasons[1] is None
    assert reasons[0]
    assert reasons[2] is None
    assert reasons[3]
    assert str(tmp_path) not in "".join(filter(None, reasons))
    assert result.report.measures["trials_failed"].value == 2
    assert "the files of trials 2, 3 contain the same recording" in result.report.warnings
    compared = result.report.tables["group_comparison"]
    assert all(compared.column("reason"))
    assert np.isnan(compared.column("p_value")).all()


def test_it_is_told_in_how_many_trials_something_was_assumed(tmp_path: Path) -> None:
    path = example("cohort.yaml", tmp_path)
    table = (tmp_path / "cohort.csv").read_text()
    lines = table.replace("p1-first.trc", "p1-first.poses.json").splitlines()
    (tmp_path / "cohort.csv").write_text("\n".join([*lines[:4], lines[7]]) + "\n")
    write_assumed(tmp_path / "p1-first.poses.json")
    report = run_pipeline(load_pipeline(path), workers=1).report
    assert report.measures["trials_failed"].value == 0
    assert f"1 of 4 trials: {ASSUMED_FOV}" in report.warnings


def test_a_bad_reference_is_told_from_a_bad_recording_and_not_named(tmp_path: Path) -> None:
    path = example("cohort.yaml", tmp_path)
    videos = dict.fromkeys(("video_01", "video_02"), synthetic_predictions())
    save_job_results(tmp_path / "jane-doe.json", JobResults(videos=videos))
    settings = (
        "inputs.reference={file: jane-doe.json}",
        "analysis={dtw: {}}",
        "output.curves=null",
    )
    pipeline = load_pipeline(path, settings)
    [one] = run_trials(pipeline, cohort_trials(pipeline)[:1], tmp_path / "work", workers=1)
    assert one.reason == "the reference: the file is of several videos"


@pytest.mark.parametrize(
    "reason",
    [
        "{file} cannot be read",
        "{file.name}: line 7 is damaged",
        "{file.parent}/p1-first.units.csv is not there",
        "unexpected ValueError: p1-first.trc",
    ],
)
def test_the_reason_of_a_failed_trial_names_no_file(reason: str, tmp_path: Path) -> None:
    pipeline = load_pipeline(example("cohort.yaml", tmp_path))
    trial = read_cohort(pipeline.inputs.cohort)[0]
    plain = _plain(reason.format(file=trial.source.file), pipeline, trial)
    assert "the file" in plain
    assert "p1" not in plain


def test_a_process_that_ends_is_one_failed_trial(tmp_path: Path) -> None:
    pipeline = load_pipeline(example("cohort.yaml", tmp_path))
    first, second, *_ = read_cohort(pipeline.inputs.cohort)
    trials = [DeadlyTrial(**vars(first)), second]
    crashed, fine = run_trials(pipeline, trials, tmp_path / "work", workers=1)
    assert crashed.report is None
    assert crashed.reason == "its process ended with code 7"
    assert fine.report is not None


@pytest.mark.parametrize(
    ("assignment", "table", "message"),
    [
        ("analysis.statistics.groups=[patients, others]", None, "nobody is in 'others'"),
        ("analysis.statistics.agreement=[first, third]", None, "nobody is in 'third'"),
        ("version=1", "file,subject,group\na,s,patients\nb,t,controls\n", "nobody is in 'first'"),
        (
            "analysis.statistics.agreement=null",
            "file,subject,group\na,s,patients\nb,t,controls\n",
            "two sessions",
        ),
    ],
)
def test_statistics_that_the_table_does_not_allow(
    tmp_path: Path, assignment: str, table: str | None, message: str
) -> None:
    path = example("cohort.yaml", tmp_path)
    if table is not None:
        (tmp_path / "cohort.csv").write_text(table)
    with pytest.raises(ConfigError, match=message):
        cohort_trials(load_pipeline(path, [assignment]))


@pytest.mark.parametrize(
    ("assignment", "table", "error", "message"),
    [
        ("analysis.classification.groups=[patients, x]", None, ConfigError, "nobody is in 'x'"),
        (
            "analysis.classification.groups=null",
            "file,subject,group\na,s,patients\nb,t,patients\n",
            ConfigError,
            "fewer than two groups",
        ),
        ("analysis.classification.validation=k-fold", None, LeakageError, "trained on"),
        ("analysis.classification.folds=4", None, LeakageError, "too few for 4 folds"),
    ],
)
def test_a_classification_that_the_table_does_not_allow(
    tmp_path: Path, assignment: str, table: str | None, error: type[Exception], message: str
) -> None:
    path = example("classification.yaml", tmp_path)
    if table is not None:
        (tmp_path / "cohort.csv").write_text(table)
    with pytest.raises(error, match=message):
        cohort_trials(load_pipeline(path, [assignment]))


class TestTable:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("file\na\n", "line 1: there is no column subject"),
            ("file,subject,sesion\na,b,3\n", "column 'sesion'; did you mean session"),
            ("file,subject,Body height\na,b,3\n", "'Body height' cannot be the name of a column"),
            ("file,subject,trial\na,b,3\n", "'trial' cannot be the name of a column"),
            ("file,subject,start_s\na,b,soon\n", "line 2: start_s = 'soon': "),
            ("file,subject,up\na,b,w\n", "line 2: up = 'w': "),
            ("file,file,subject\na,b,c\n", "line 1: a column is there twice"),
            ("file,subject\na,\n", "line 2: subject is empty"),
            ("file,subject\na,b,c\n", "line 2: 3 cells, but 2 columns"),
            ("file,subject\na,b\n\na,c\n", "line 4: a is there twice"),
            (
                "file;subject\na;s\n",
                "no column file: its columns are separated by ';', not by commas",
            ),
            (
                "file,subject,group\na,s,x\nb,s,y\n",
                "line 3: s is in y and in x: a subject is in one",
            ),
            ("file,subject\n", "has no rows"),
            ("", "there is no column file"),
        ],
    )
    def test_what_is_wrong_has_its_line(self, tmp_path: Path, text: str, message: str) -> None:
        table = tmp_path / "c.csv"
        table.write_text(text)
        with pytest.raises(FileFormatError, match=message):
            read_cohort(Cohort(table=table))

    def test_what_a_row_may_say_of_itself(self, tmp_path: Path) -> None:
        table = tmp_path / "c.csv"
        table.write_text(
            "file,subject,person,start_s,end_s,up,condition,height_mm\n"
            "a.json,s1,track:1,2.5,9,-y,barefoot,1820\n"
            "a.json,s1,track:1,9,20,,shoes,\n"
        )
        first, second = read_cohort(Cohort(table=table, subject="largest", up=(0.0, 0.0, 1.0)))
        assert (first.source.subject, first.source.start_s, first.source.end_s) == (
            "track:1",
            2.5,
            9.0,
        )
        assert first.source.up == (0.0, -1.0, 0.0)
        assert second.source.up == (0.0, 0.0, 1.0)
        assert (first.condition, second.condition) == ("barefoot", "shoes")
        assert (first.covariates, second.covariates) == ({"height_mm": "1820"}, {})

    def test_a_spreadsheet_s_byte_order_mark(self, tmp_path: Path) -> None:
        table = tmp_path / "c.csv"
        table.write_bytes("﻿file,subject,session\r\na.trc,s,\r\n".encode())
        [trial] = read_cohort(Cohort(table=table, up=(0.0, 1.0, 0.0)))
        assert trial.source.file == tmp_path / "a.trc"
        assert trial.source.up == (0.0, 1.0, 0.0)
        assert trial.session is None
