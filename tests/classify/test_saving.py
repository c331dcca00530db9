"""Classifiers to a folder and back; what was tampered with is refused before anything runs."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from tests.classify.synthetic import as_distances, make_trials

from neuropose.classify import (
    Classifier,
    ClassifierSettings,
    TableColumns,
    Trials,
    load_card,
    load_classifier,
    save_classifier,
    train,
)
from neuropose.classify.safe_model import decode_model, encode_model
from neuropose.errors import (
    FeatureMismatchError,
    FeatureTableError,
    FileFormatError,
    FileMissingError,
    OutputError,
    SchemaVersionError,
    UntrustedModelError,
)

TRIALS = make_trials(subjects=12, repeats=3, effect=3.0)
COLUMNS = TableColumns(subject="subject", label="group")


def trained(model: str = "logistic", trials: Trials = TRIALS, **options: Any) -> Classifier:
    settings = ClassifierSettings(model=model, permutations=0, folds=3, **options)  # type: ignore[arg-type]
    return train(trials, settings, columns=COLUMNS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_classifier(tmp_path / "model", trained())
    return tmp_path / "model"


def exchange_model(folder: Path, data: bytes) -> None:
    """What an attacker would do who can write both files."""
    path = folder / "card.json"
    card = json.loads(path.read_text())
    (folder / card["model_file"]).unlink()
    sha256 = hashlib.sha256(data).hexdigest()
    card.update(model_file=f"model-{sha256[:12]}.skops", model_sha256=sha256)
    (folder / card["model_file"]).write_bytes(data)
    path.write_text(json.dumps(card))


@pytest.mark.parametrize("model", ["logistic", "forest", "svm", "knn-dtw"])
def test_to_a_folder_and_back(model: str, tmp_path: Path) -> None:
    trials = as_distances(TRIALS) if model == "knn-dtw" else TRIALS
    classifier = trained(model, trials)
    save_classifier(tmp_path / "a" / "model", classifier)
    loaded = load_classifier(tmp_path / "a" / "model")
    assert loaded.card == classifier.card == load_card(tmp_path / "a" / "model")
    assert loaded.predict(trials) == classifier.predict(trials)
    right = [
        each.predicted == label
        for each, label in zip(loaded.predict(trials).trials, trials.labels or (), strict=True)
    ]
    assert np.mean(right) > 0.8


@pytest.mark.parametrize("model", ["logistic", "forest", "svm"])
def test_three_groups_to_a_folder_and_back(model: str, tmp_path: Path) -> None:
    labels = tuple(f"g{int(name[1:]) % 3}" for name in TRIALS.subjects)
    trials = Trials(
        "features", TRIALS.values, TRIALS.features, TRIALS.names, TRIALS.subjects, labels
    )
    classifier = trained(model, trials, class_weight="none")
    save_classifier(tmp_path / "model", classifier)
    loaded = load_classifier(tmp_path / "model").predict(trials)
    assert loaded == classifier.predict(trials)
    assert loaded.classes == ("g0", "g1", "g2")
    assert all(len(each.scores) == 3 for each in loaded.trials)


def test_with_medians(tmp_path: Path) -> None:
    holed = TRIALS.values.copy()
    holed[3, 1] = np.nan
    trials = Trials(
        "features", holed, TRIALS.features, TRIALS.names, TRIALS.subjects, TRIALS.labels
    )
    save_classifier(tmp_path / "model", trained("svm", trials, missing="median"))
    loaded = load_classifier(tmp_path / "model")
    assert len(loaded.predict(trials).trials) == 36
    strict = trained("svm")
    with pytest.raises(FeatureTableError, match="1 of 36 trials have missing values"):
        strict.predict(trials)


def test_the_same_training_gives_the_same_bytes() -> None:
    one, other = trained("forest"), trained("forest")
    assert one.data == other.data
    assert one.card == other.card
    assert trained("forest", seed=1).data != one.data


def test_the_card_says_it_all(folder: Path) -> None:
    card = load_card(folder)
    assert card.features == TRIALS.features
    assert card.report.data_sha256 == TRIALS.sha256
    assert card.columns == COLUMNS
    assert {"python", "scikit-learn", "skops", "numpy"} <= set(card.versions)
    data = (folder / card.model_file).read_bytes()
    assert hashlib.sha256(data).hexdigest() == card.model_sha256
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", card.model_file]
    assert b"pickle" not in data


def test_predictions(folder: Path) -> None:
    new = make_trials(subjects=4, repeats=2, effect=3.0, seed=9)
    order = [2, 0, 3, 1]
    shuffled = Trials(
        "features",
        new.values[:, order],
        tuple(new.features[place] for place in order),
        new.names,
        tuple(f"new {name}" for name in new.subjects),
        None,
    )
    classifier = load_classifier(folder)
    found = classifier.predict(shuffled)
    assert found.classes == ("control", "patient")
    assert found.probabilities
    assert found.warnings == ()
    for each, values in zip(found.trials, new.values, strict=True):
        expected = classifier.pipeline.predict_proba(values[None])[0]
        assert each.scores == pytest.approx(tuple(expected))
        assert each.predicted == found.classes[int(expected.argmax())]
    [warning] = classifier.predict(new).warnings
    assert warning.startswith("4 of these subjects are of the training")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (TRIALS.features[:3], "'feature_3' missing"),
        ((*TRIALS.features, "speed"), "'speed' new"),
        ((*TRIALS.features[:3], "speed"), "'feature_3' missing; 'speed' new"),
    ],
)
def test_other_features_are_refused(folder: Path, names: tuple[str, ...], message: str) -> None:
    other = Trials("features", np.zeros((1, len(names))), names, ("t",), ("s",), None)
    with pytest.raises(FeatureMismatchError, match=message):
        load_classifier(folder).predict(other)


def test_other_kinds_and_lengths_are_refused(folder: Path) -> None:
    series = Trials("series", np.zeros((1, 4, 9)), TRIALS.features, ("t",), ("s",), None)
    with pytest.raises(FeatureMismatchError, match="takes features, not series"):
        load_classifier(folder).predict(series)
    plain = load_classifier(folder)
    card = plain.card.model_copy(update={"kind": "series", "samples": 10})
    with pytest.raises(FeatureMismatchError, match="series of 9 samples, not 10"):
        Classifier(card, plain.pipeline, plain.data).predict(series)
    neighbours = trained("knn-dtw", as_distances(TRIALS))
    fewer = Trials("distances", np.zeros((1, 35)), TRIALS.names[:35], ("t",), ("s",), None)
    with pytest.raises(FeatureMismatchError, match="'trial 35' missing"):
        neighbours.predict(fewer)
    near = Trials(
        "distances", as_distances(TRIALS).values[:1], TRIALS.names, ("new",), ("new",), None
    )
    assert neighbours.predict(near).trials[0].predicted == (TRIALS.labels or ())[0]


def test_a_changed_model_is_refused_before_it_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = load_card(folder)
    path = folder / card.model_file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))

    def never(*_: object, **__: object) -> None:
        raise AssertionError("something looked into it")

    monkeypatch.setattr(skops.io, "loads", never)
    monkeypatch.setattr(skops.io, "get_untrusted_types", never)
    monkeypatch.setattr(zipfile, "ZipFile", never)
    for load in (load_classifier, load_card):
        with pytest.raises(UntrustedModelError, match="its SHA-256 differs") as caught:
            load(folder)
        assert caught.value.exit_code == 5


class Bomb:
    """Runs a command when pickle makes it."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.mark}",)


def test_a_pickle_under_another_name_is_refused(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    data = pickle.dumps(Bomb(mark))
    exchange_model(folder, data)
    with pytest.raises(UntrustedModelError, match="it is not a skops file"):
        load_classifier(folder)
    assert not mark.exists()
    pickle.loads(data)  # it would have
    assert mark.exists()


def hostile_function(mark: Path) -> bytes:
    """A skops file that runs a command as soon as it predicts, if skops is told to trust it."""
    pipeline = Pipeline(
        [("go", FunctionTransformer(os.system, kw_args={"command": f"touch {mark}"}))]
    )
    return bytes(skops.io.dumps(pipeline))


def patched(schema_change: Any) -> bytes:
    """A true classifier with a changed schema."""
    data = trained().data
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "schema.json":
                schema = json.loads(content)
                content = json.dumps(schema_change(schema) or schema).encode()
            new.writestr(name, content)
    return buffer.getvalue()


def reducing(schema: dict[str, Any]) -> dict[str, Any]:
    """Calls ``os.system`` while it is loaded, if its types were trusted."""
    return {
        "__class__": "system",
        "__module__": "os",
        "__loader__": "ConstructorFromReduceNode",
        "__id__": 1,
        "content": {
            "__class__": "tuple",
            "__module__": "builtins",
            "__loader__": "TupleNode",
            "__id__": 2,
            "content": [
                {
                    "__class__": "str",
                    "__module__": "builtins",
                    "__loader__": "JsonNode",
                    "content": json.dumps("touch neuropose-it-ran"),
                    "is_json": True,
                    "__id__": 3,
                }
            ],
        },
        "protocol": schema["protocol"],
        "_skops_version": schema["_skops_version"],
    }


def nested(schema: dict[str, Any]) -> None:
    """The same, deep inside an otherwise true pipeline."""
    schema["content"]["content"]["verbose"] = reducing(schema)


def other_loader(schema: dict[str, Any]) -> None:
    """A type that is allowed, made in a way that is not."""
    schema["__loader__"] = "ConstructorFromReduceNode"


def other_estimator(schema: dict[str, Any]) -> None:
    """An estimator that skops trusts, but no such classifier holds."""
    text = json.dumps(schema).replace("LogisticRegression", "LogisticRegressionCV")
    schema.update(json.loads(text))


def wrapped_type(schema: dict[str, Any]) -> None:
    """A type named where only text is expected."""
    schema["content"]["content"]["verbose"] = {
        "__class__": {"__class__": "system", "__module__": "os"},
        "__module__": "builtins",
        "__loader__": "TypeNode",
    }


@pytest.mark.parametrize("change", [reducing, nested, other_loader, other_estimator, wrapped_type])
def test_types_that_are_not_allowed_are_refused_without_being_made(
    change: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exchange_model(folder, patched(change))
    with pytest.raises(UntrustedModelError, match="which no such classifier has"):
        load_classifier(folder)
    assert not (tmp_path / "neuropose-it-ran").exists()


def test_that_file_would_have_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = patched(reducing)
    skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))
    assert (tmp_path / "neuropose-it-ran").exists()


def test_a_hostile_function_is_refused(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    data = hostile_function(mark)
    exchange_model(folder, data)
    with pytest.raises(UntrustedModelError, match="which no such classifier has"):
        load_classifier(folder)
    assert not mark.exists()


def test_a_classifier_of_another_kind_is_refused(folder: Path) -> None:
    exchange_model(folder, trained("forest").data)
    with pytest.raises(UntrustedModelError, match="RandomForestClassifier"):
        load_classifier(folder)


def test_a_classifier_of_other_features_is_refused(folder: Path) -> None:
    exchange_model(folder, trained(trials=make_trials(features=3, effect=3.0)).data)
    with pytest.raises(UntrustedModelError, match="takes 3 features, its card names 4"):
        load_classifier(folder)


def test_what_our_look_misses_skops_still_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    data = trained("forest").data
    monkeypatch.setattr("neuropose.classify.safe_model._check_types", lambda *_: None)
    with pytest.raises(UntrustedModelError, match=r"it holds sklearn\.tree\._tree\.Tree"):
        decode_model(data, "logistic")


@pytest.mark.parametrize(("field", "value"), [("left_child", 10**6), ("feature", 99)])
def test_a_tree_that_points_out_of_itself_is_refused(field: str, value: int) -> None:
    classifier = trained("forest")
    tree = classifier.pipeline.steps[-1][1].estimators_[0].tree_
    state = tree.__getstate__()
    state["nodes"][field][0] = value
    tree.__setstate__(state)
    with pytest.raises(UntrustedModelError, match="a tree in it"):
        decode_model(encode_model(classifier.pipeline), "forest")


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", b"not a zip" * 100, b"\x80\x04N."],
    ids=["empty", "cut", "text", "pickle"],
)
def test_what_is_no_skops_file_is_refused(data: bytes, folder: Path) -> None:
    exchange_model(folder, data)
    with pytest.raises(UntrustedModelError, match="it is not a skops file"):
        load_classifier(folder)


def zipped(schema: bytes, **others: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", schema)
        for name, content in others.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (b"{", "not a skops file"),
        (b"[" * 200_000, "not a skops file"),
        (b"\xff", "not a skops file"),
        (b"{}", "it cannot be read"),
        (b'{"protocol": 2}', "it cannot be read"),
    ],
)
def test_a_damaged_schema_is_refused(schema: bytes, message: str) -> None:
    with pytest.raises(UntrustedModelError, match=message):
        decode_model(zipped(schema), "logistic")


def test_a_file_that_would_unpack_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neuropose.classify.safe_model._LARGEST_BYTES", 1000)
    with pytest.raises(UntrustedModelError, match="it would unpack to"):
        decode_model(zipped(b"{}", large=b"0" * 2000), "logistic")


def test_an_array_that_is_missing_or_another_is_refused() -> None:
    data = trained().data
    for damage in (None, b"\x93NUMPY garbage"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
            for name in old.namelist():
                if name != "1.npy":
                    new.writestr(name, old.read(name))
                elif damage is not None:
                    new.writestr(name, damage)
        with pytest.raises(UntrustedModelError, match="it cannot be read"):
            decode_model(buffer.getvalue(), "logistic")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"model_file": "../../etc/passwd"}, FileFormatError, "model_file: "),
        ({"model_sha256": "0" * 64}, UntrustedModelError, "its SHA-256 differs"),
        ({"schema_version": 2}, SchemaVersionError, "the card is of schema 2"),
        ({"classes": None}, FileFormatError, "classes: "),
        ({"surprise": 1}, FileFormatError, "surprise: "),
        (
            {"versions": {"scikit-learn": "1.2.3"}},
            FileFormatError,
            "trained with scikit-learn 1.2.3",
        ),
    ],
)
def test_a_changed_card_is_refused(
    change: dict[str, Any], error: type[FileFormatError], message: str, folder: Path
) -> None:
    path = folder / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(error, match=message) as caught:
        load_classifier(folder)
    assert caught.value.hint


def test_files_that_are_not_there(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match=r"card\.json"):
        load_classifier(tmp_path / "elsewhere")
    (folder / load_card(folder).model_file).unlink()
    with pytest.raises(FileMissingError, match=r"\.skops"):
        load_classifier(folder)


def test_what_is_there_is_kept_unless_it_is_to_be_replaced(folder: Path) -> None:
    before = load_card(folder)
    other = trained("svm")
    with pytest.raises(OutputError, match="holds a classifier already"):
        save_classifier(folder, other)
    assert load_card(folder) == before
    save_classifier(folder, other, replace=True)
    assert load_classifier(folder).card == other.card
    assert len(list(folder.iterdir())) == 2


def test_a_save_that_fails_leaves_what_was_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neuropose.classify import classifier

    before = load_card(folder)
    write = classifier.write_atomically

    def full(path: Path, chunks: Any) -> None:
        if path.name == "card.json":
            raise OutputError("the disk is full")
        write(path, chunks)

    monkeypatch.setattr(classifier, "write_atomically", full)
    with pytest.raises(OutputError):
        save_classifier(folder, trained("svm"), replace=True)
    assert load_classifier(folder).card == before


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        save_classifier(tmp_path / "file" / "model", trained())
