"""``neuropose classify``, as a researcher meets it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from tests.classify.synthetic import as_distances, make_curves, make_trials

from neuropose.classify import Trials
from neuropose.cli import main

TRIALS = make_trials(subjects=12, repeats=3, effect=4.0)
TRAIN = ["--label", "group", "--subject", "who", "--folds", "3", "--permutations", "4"]


def write_features(path: Path, trials: Trials, *, group: bool = True, trial: bool = False) -> Path:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        roles = ["who", *(["group"] if group else []), *(["trial"] if trial else [])]
        rows.writerow([*roles, "shoe", *trials.features])
        for row, values in enumerate(trials.values):
            cells = [trials.subjects[row]]
            cells += [(trials.labels or ())[row]] if group else []
            cells += [trials.names[row]] if trial else []
            rows.writerow([*cells, ("left", "right")[row % 2], *map(repr, map(float, values))])
    return path


@pytest.fixture
def features(tmp_path: Path) -> Path:
    return write_features(tmp_path / "features.csv", TRIALS)


@pytest.fixture
def model(features: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    command = ["classify", "train", str(features), *TRAIN, "--ignore", "shoe"]
    assert main([*command, "--model", "logistic", "-o", str(tmp_path / "model")]) == 0
    capsys.readouterr()
    return tmp_path / "model"


def test_training(features: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "model"
    command = ["classify", "train", str(features), *TRAIN, "--ignore", "shoe"]
    assert main([*command, "--model", "logistic", "--output", str(output)]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith("model      logistic (C ")
    assert lines[0].endswith("of 4 features")
    assert lines[1].startswith("data       36 trials of 12 subjects, SHA-256 ")
    assert lines[2] == "left out: shoe (ignored, as asked)"
    assert lines[3] == "validated  group-k-fold, 3 folds, by subject"
    assert lines[4].startswith("by trial   balanced accuracy 0.")
    assert "by subject balanced accuracy" in out
    assert "p = 0.2: labels exchanged between subjects" in out
    assert "Brier      0." in out
    assert "warning: few subjects: 6 of group 'control', fewer than 10" in err
    assert (output / "card.json").is_file()


def test_the_report(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "report", str(model)]) == 0
    assert capsys.readouterr().out.startswith("model      logistic (C ")
    assert main(["classify", "report", str(model), "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert card["columns"] == {
        "subject": "who",
        "label": "group",
        "trial": None,
        "ignored": ["shoe"],
    }
    assert len(card["report"]["folds"]) == 3


def test_predicting(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = make_trials(subjects=4, repeats=1, effect=4.0, seed=5)
    for group in (True, False):  # the group may be there, and is not looked at
        path = write_features(tmp_path / f"new_{group}.csv", new, group=group)
        assert main(["classify", "predict", str(model), str(path)]) == 0
        rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
        assert list(rows[0]) == [
            "trial",
            "subject",
            "predicted",
            "probability_control",
            "probability_patient",
        ]
        assert [row["subject"] for row in rows] == list(new.subjects)
        chances = [float(row["probability_patient"]) for row in rows]
        assert [row["predicted"] == "patient" for row in rows] == [c > 0.5 for c in chances]
    assert main(["classify", "predict", str(model), str(path), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["trials"]) == 4
    output = tmp_path / "predicted.csv"
    command = ["classify", "predict", str(model), str(path), "-o", str(output)]
    assert main(command) == 0
    assert capsys.readouterr().err.splitlines()[-1] == f"4 trials written to {output}"
    assert len(output.read_text().splitlines()) == 5
    assert main(command) == 12
    assert main([*command, "--force"]) == 0


def test_subjects_of_the_training_are_named(
    model: Path, features: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", "predict", str(model), str(features)]) == 0
    assert "warning: 12 of these subjects are of the training" in capsys.readouterr().err


def test_neighbours_by_their_distances(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_features(tmp_path / "distances.csv", as_distances(TRIALS), trial=True)
    output = str(tmp_path / "model")
    command = ["classify", "train", str(path), *TRAIN, "--model", "knn-dtw", "-o", output]
    assert main([*command, "--ignore", "shoe"]) == 11
    assert "need a column with the names of the trials" in capsys.readouterr().err
    assert main([*command, "--ignore", "shoe", "--trial", "trial"]) == 0
    out, err = capsys.readouterr()
    assert "of 36 trials" in out
    assert "distances  as given in the table" in out
    assert "the table holds distances: one row a trial, columns named like trials" in err
    assert main(["classify", "predict", output, str(path)]) == 0


def write_curves(path: Path, trials: Trials, *, group: bool = True) -> Path:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["who", *(["group"] if group else []), "trial", "percent", *trials.features])
        for number, series in enumerate(trials.values):
            cells = [trials.subjects[number], *([(trials.labels or ())[number]] if group else [])]
            for percent, sample in enumerate(series.T):
                rows.writerow([*cells, trials.names[number], percent, *map(repr, sample.tolist())])
    return path


def test_neighbours_by_their_curves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    curves = make_curves()
    path = write_curves(tmp_path / "curves.csv", curves)
    output = tmp_path / "model"
    command = ["classify", "train", str(path), *TRAIN, "--model", "knn-dtw", "-o", str(output)]
    assert main([*command, "--ignore", "percent"]) == 11
    assert "distances and series need a column with the names" in capsys.readouterr().err
    command += ["--trial", "trial", "--ignore", "percent", "--workers", "2"]
    assert main(command) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith("model      knn-dtw (n_neighbors ")
    assert lines[0].endswith("of 2 features")
    assert lines[1] == (
        "distances  DTW of series of 60 samples: squared cost, symmetric1, a band of 10 %"
    )
    assert "by trial   balanced accuracy 1.000" in out
    assert "the table holds series: several rows a trial, one a sample" in err
    assert sorted(each.suffix for each in output.iterdir()) == [".json", ".npy", ".skops"]
    new = make_curves(subjects=4, repeats=2, seed=7)
    path = write_curves(tmp_path / "new.csv", new, group=False)
    assert main(["classify", "predict", str(output), str(path), "--workers", "2"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["trial"] for row in rows] == list(new.names)
    assert [row["predicted"] for row in rows] == list(new.labels or ())
    [stored] = output.glob("*.npy")
    stored.write_bytes(stored.read_bytes()[:-1])
    assert main(["classify", "predict", str(output), str(path)]) == 5
    assert "are not the series that the card describes" in capsys.readouterr().err


def test_what_is_there_is_kept(
    model: Path, features: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["classify", "train", str(features), *TRAIN, "--model", "svm", "-o", str(model)]
    assert main(command) == 12
    assert "or --force" in capsys.readouterr().err
    assert main([*command, "--ignore", "shoe", "--force"]) == 0
    assert capsys.readouterr().out.startswith("model      svm")


def test_plain_k_fold_is_refused(
    features: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["classify", "train", str(features), *TRAIN, "--model", "svm", "--ignore", "shoe"]
    command += ["-o", str(tmp_path / "model"), "--validation", "k-fold"]
    assert main(command) == 11
    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert error.startswith("error: 36 trials of 12 subjects (s00: 3, s01: 3")
    assert hint == "hint: validate by subject: group-k-fold, or leave-one-subject-out"
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (["--model", "tree"], 2, "'tree' is none of logistic, forest"),
        (["--validation", "loo"], 2, "'loo' is none of group-k-fold"),
        (["--missing", "zero"], 2, "'zero' is none of raise, median"),
        (["--class-weight", "yes"], 2, "'yes' is none of balanced, none"),
        (["--label", "diagnosis"], 11, "there is no column 'diagnosis'"),
        (
            ["--ignore", "shoe", "--folds", "7"],
            11,
            "6 subjects of group 'control' are too few for 7 folds",
        ),
        ([], 11, "not numbers: shoe"),
        (["--ignore", "shoe", "--model", "minirocket"], 11, "need a column with the names"),
    ],
)
def test_wrong_commands(
    change: list[str],
    code: int,
    message: str,
    features: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["classify", "train", str(features), *TRAIN, "--model", "svm"]
    assert main([*command, "-o", str(tmp_path / "model"), *change]) == code
    assert message in capsys.readouterr().err


def test_minirocket_without_aeon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "aeon", None)
    series = Trials(
        "features",
        np.random.default_rng(0).normal(size=(72, 1)),
        ("knee",),
        tuple(np.repeat([f"t{number}" for number in range(6)], 12)),
        tuple(np.repeat([f"s{number}" for number in range(6)], 12)),
        tuple(np.repeat(["a", "b"] * 3, 12)),
    )
    path = write_features(tmp_path / "series.csv", series, trial=True)
    command = ["classify", "train", str(path), *TRAIN, "--model", "minirocket", "--ignore", "shoe"]
    assert main([*command, "--trial", "trial", "-o", str(tmp_path / "model")]) == 13
    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert error.startswith("error: MiniRocket needs aeon")
    assert hint == "hint: pip install 'neuropose[timeseries]'"


def test_a_tampered_model(model: Path, features: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [path] = model.glob("*.skops")
    path.write_bytes(path.read_bytes() + b"0")
    for command in (["predict", str(model), str(features)], ["report", str(model)]):
        assert main(["classify", *command]) == 5
        assert "is not the classifier that the card describes" in capsys.readouterr().err


def test_other_features(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_features(tmp_path / "other.csv", make_trials(features=3))
    assert main(["classify", "predict", str(model), str(path)]) == 11
    assert "other features than those trained on: 'feature_3' missing" in capsys.readouterr().err


def marked(path: Path, *marks: str) -> Path:
    """The table with a column of marks, repeated as often as there are rows."""
    head, *lines = path.read_text().splitlines()
    rows = [f"{line},{marks[row % len(marks)]}" for row, line in enumerate(lines)]
    new = path.with_name(f"marked-{len(list(path.parent.iterdir()))}.csv")
    new.write_text("\n".join([f"{head},measured_with", *rows, ""]))
    return new


class TestMeasuredWith:
    MARK = "001234567890"  # digits alone: a number to whoever does not know better

    @pytest.fixture
    def of_marked(self, features: Path, capsys: pytest.CaptureFixture[str]) -> Path:
        output = features.parent / "of_marked"
        command = ["classify", "train", str(marked(features, self.MARK)), *TRAIN, "--ignore"]
        assert main([*command, "shoe", "--model", "logistic", "-o", str(output)]) == 0
        capsys.readouterr()
        return output

    @pytest.fixture
    def new(self, tmp_path: Path) -> Path:
        return write_features(tmp_path / "new.csv", make_trials(subjects=4, repeats=1, seed=5))

    def test_the_mark_is_on_the_card_and_no_feature(
        self, of_marked: Path, model: Path, new: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        card, plain = (json.loads((each / "card.json").read_text()) for each in (of_marked, model))
        assert card["measured_with"] == self.MARK
        assert plain["measured_with"] is None
        assert card["features"] == plain["features"]
        assert main(["classify", "predict", str(of_marked), str(marked(new, self.MARK))]) == 0
        assert "measured" not in capsys.readouterr().err

    def test_another_mark_is_refused(
        self, of_marked: Path, new: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["classify", "predict", str(of_marked), str(marked(new, "1234567890"))]) == 11
        out, err = capsys.readouterr()
        assert not out
        assert "measured with other settings (1234567890) than that of the training" in err
        assert "hint: run the same pipeline file" in err

    def test_what_cannot_be_known_is_said(
        self, of_marked: Path, model: Path, new: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["classify", "predict", str(of_marked), str(new)]) == 0
        assert "warning: there is no column 'measured_with'" in capsys.readouterr().err
        assert main(["classify", "predict", str(model), str(marked(new, self.MARK))]) == 0
        assert "warning: the card does not say which settings" in capsys.readouterr().err
        assert main(["classify", "predict", str(model), str(new)]) == 0
        assert "settings" not in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("marks", "message"),
        [
            (("aa", "bb"), "measured with 2 different settings (measured_with: aa, bb)"),
            (("aa", ""), "rows have no 'measured_with'"),
        ],
    )
    def test_rows_that_do_not_agree_are_refused(
        self,
        marks: tuple[str, ...],
        message: str,
        of_marked: Path,
        features: Path,
        new: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        output = features.parent / "never"
        command = ["classify", "train", str(marked(features, *marks)), *TRAIN, "--ignore", "shoe"]
        assert main([*command, "--model", "logistic", "-o", str(output)]) == 11
        assert message in capsys.readouterr().err
        assert not output.exists()
        assert main(["classify", "predict", str(of_marked), str(marked(new, *marks))]) == 11
        assert message in capsys.readouterr().err

    def test_curves(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = write_curves(tmp_path / "curves.csv", make_curves())
        output = str(tmp_path / "model")
        command = ["classify", "train", str(marked(path, "aa")), *TRAIN, "--model", "knn-dtw"]
        assert main([*command, "--trial", "trial", "--ignore", "percent", "-o", output]) == 0
        assert main(["classify", "predict", output, str(marked(path, "aa"))]) == 0
        capsys.readouterr()
        assert main(["classify", "predict", output, str(marked(path, "bb"))]) == 11
        assert "measured with other settings (bb)" in capsys.readouterr().err


def test_files_that_cannot_be_read(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", "report", str(tmp_path)]) == 5
    assert main(["classify", "predict", str(model), str(tmp_path / "none.csv")]) == 5
    (tmp_path / "bad.csv").write_text("a,b\n1\n")
    assert main(["classify", "predict", str(model), str(tmp_path / "bad.csv")]) == 5
    assert "line 2: 1 cells, not 2" in capsys.readouterr().err


class TestColumns:
    """Noise in a table sorted by group, with what pipelines and pandas write beside it."""

    TRAIN = ("--label", "group", "--subject", "subject", "--model", "logistic", "--folds", "4")

    @pytest.fixture
    def table(self, tmp_path: Path) -> Path:
        rng = np.random.default_rng(7)
        path = tmp_path / "trials.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["", "trial", "subject", "group", "session", "clip", "noise", "one"])
            for number in range(80):
                group = "control" if number < 40 else "patient"
                of = [f"s{number // 2:02}", group, "first", f"{number}.mp4"]
                rows.writerow([number, number + 1, *of, repr(float(rng.normal())), 1])
        return marked(path, "5f0c")

    def train(self, table: Path, *options: str) -> int:
        command = ["classify", "train", str(table), *self.TRAIN, "--permutations", "0"]
        return main([*command, "-o", str(table.parent / "model"), *options])

    def test_noise_stays_at_chance(self, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.train(table) == 0
        out, err = capsys.readouterr()
        assert out.splitlines()[0].endswith("of 1 feature")
        assert err.splitlines()[:6] == [
            "1 feature: noise",
            "left out: (no name) (numbers the rows)",
            "left out: trial, session (says what or whom a row is of)",
            "left out: clip (names a file)",
            "left out: one (is the same in every row)",
            "left out: measured_with (the mark of the settings: checked, never a feature)",
        ]
        card = json.loads((table.parent / "model" / "card.json").read_text())
        assert card["features"] == ["noise"]
        assert card["left_out"]["trial"] == "says what or whom a row is of"
        assert 0.35 < card["report"]["by_trial"]["balanced_accuracy"]["value"] < 0.65
        assert main(["classify", "report", str(table.parent / "model")]) == 0
        assert "left out: trial, session (says what" in capsys.readouterr().out

    def test_it_is_told_before_anything_is_trained(
        self, table: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.train(table, "--folds", "30") == 11
        err = capsys.readouterr().err.splitlines()
        assert err[0] == "1 feature: noise"
        assert err[-2].startswith("error: 20 subjects of group 'control' are too few for 30 folds")

    def test_new_trials_may_lack_or_have_what_was_left_out(
        self, table: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.train(table) == 0
        for head, row in (
            ("subject,noise,measured_with", "new,0.5,5f0c"),
            ("trial,subject,clip,noise,one,measured_with", "7,new,a.mp4,0.5,2,5f0c"),
        ):
            new = table.with_name("new.csv")
            new.write_text(f"{head}\n{row}\n")
            capsys.readouterr()
            assert main(["classify", "predict", str(table.parent / "model"), str(new)]) == 0
            assert len(capsys.readouterr().out.splitlines()) == 2

    @pytest.mark.parametrize(
        ("name", "reason"),
        [("trial", "it says what or whom"), ("clip", "it names a file"), ("one", "is the same in")],
    )
    def test_they_cannot_be_asked_for(
        self, name: str, reason: str, table: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.train(table, "--feature", "noise", "--feature", name) == 11
        err = capsys.readouterr().err
        assert f"error: {name!r} cannot be a feature" in err
        assert reason in err
        assert self.train(table, "--feature", "noise") == 0
