"""Series by their nearest neighbours under DTW: shapes, folds, files, labels without meaning."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from tests.classify.synthetic import make_curves

from neuropose.analyzer.compare.dtw import ComparisonSettings, dtw_matrix
from neuropose.classify import (
    Classifier,
    ClassifierSettings,
    SeriesDtwSettings,
    Trials,
    load_card,
    load_classifier,
    save_classifier,
    train,
    validate,
)
from neuropose.classify.neighbours import by_distances, decode_series, encode_series
from neuropose.errors import (
    FeatureMismatchError,
    FeatureTableError,
    FileFormatError,
    FileMissingError,
    UntrustedModelError,
)

CURVES = make_curves()
SETTINGS = ClassifierSettings(model="knn-dtw", folds=3, permutations=0)


def by_hand(first: np.ndarray, second: np.ndarray, radius: int) -> float:
    """DTW of two series, shape (F, T), as it is defined: squared cost, every cell once."""
    count = first.shape[1]
    best = np.full((count + 1, count + 1), np.inf)
    best[0, 0] = 0.0
    for i in range(count):
        for j in range(max(0, i - radius), min(count, i + radius + 1)):
            before = min(best[i, j], best[i, j + 1], best[i + 1, j])
            best[i + 1, j + 1] = before + ((first[:, i] - second[:, j]) ** 2).sum()
    return float(best[count, count])


def matrix_by_hand(trials: Trials) -> Trials:
    radius = int(0.1 * trials.values.shape[2])
    distances = [[by_hand(a, b, radius) for b in trials.values] for a in trials.values]
    names = trials.names
    return Trials("distances", np.array(distances), names, names, trials.subjects, trials.labels)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return train(CURVES, SETTINGS)


@pytest.fixture
def folder(classifier: Classifier, tmp_path: Path) -> Path:
    save_classifier(tmp_path / "model", classifier)
    return tmp_path / "model"


def test_shapes_that_no_feature_tells_apart_are_found() -> None:
    # The same numbers in another order: mean, spread, range and all quantiles are equal.
    curves = make_curves(warp=0.0, noise=0.0)
    ordered = np.sort(curves.values, axis=2)
    np.testing.assert_allclose(ordered, np.broadcast_to(ordered[:1, :1], ordered.shape), atol=1e-9)
    features = np.stack([CURVES.values.mean(axis=2), CURVES.values.std(axis=2)], axis=2)[:, 0]
    plain = Trials(
        "features", features, ("mean", "sd"), CURVES.names, CURVES.subjects, CURVES.labels
    )
    by_feature = validate(plain, ClassifierSettings(model="logistic", folds=3, permutations=0))
    report = validate(CURVES, SETTINGS.model_copy(update={"permutations": 19}))
    assert report.by_trial.balanced_accuracy.value == 1.0
    assert report.permutation is not None
    assert report.permutation.p_value == 0.05
    assert by_feature.by_trial.balanced_accuracy.value is not None
    assert by_feature.by_trial.balanced_accuracy.value < 0.8


def test_a_warped_copy_is_at_no_distance() -> None:
    curve = np.repeat([0.0, 1.0, 3.0, 2.0, 0.0], [10, 10, 10, 10, 10])
    warped = np.repeat([0.0, 1.0, 3.0, 2.0, 0.0], [12, 7, 13, 8, 10])
    other = np.repeat([0.0, 1.0, 2.0, 3.0, 0.0], [10, 10, 10, 10, 10])
    trials = Trials(
        "series",
        np.stack([curve, warped, other])[:, None],
        ("knee",),
        ("a", "b", "c"),
        ("a", "b", "c"),
        ("x", "x", "y"),
    )
    distances = by_distances(trials, SETTINGS)
    assert distances.kind == "distances"
    assert distances.features == distances.names == trials.names
    assert distances.values[0, 1] == 0.0
    assert (distances.values[:2, 2] > 5.0).all()
    rigid = SETTINGS.model_copy(update={"dtw": SeriesDtwSettings(cost="squared", band=0.0)})
    assert by_distances(trials, rigid).values[0, 1] == ((curve - warped) ** 2).sum()


def test_validation_is_that_of_a_matrix_computed_by_hand() -> None:
    curves = make_curves(subjects=8, repeats=2, samples=30, noise=0.6)
    matrix = matrix_by_hand(curves)
    np.testing.assert_allclose(by_distances(curves, SETTINGS).values, matrix.values, rtol=1e-12)
    settings = SETTINGS.model_copy(update={"permutations": 9})
    one, other = validate(curves, settings), validate(matrix, settings)
    own = {"features", "data_sha256"}
    assert one.model_dump(exclude=own) == other.model_dump(exclude=own)
    assert one.features == ("hip", "knee")
    assert one.data_sha256 == curves.sha256
    assert one.by_trial.balanced_accuracy.value != 1.0  # there is something to be equal in


def test_no_more_neighbours_than_trials_to_train_with() -> None:
    curves = make_curves(subjects=6, repeats=1, samples=20)
    report = validate(curves, SETTINGS)  # two trials within the training of a fold
    assert {fold.parameters["n_neighbors"] for fold in report.folds} == {1.0}
    assert "too few subjects to choose parameters in 3 of 3 folds" in report.warnings
    settings = SETTINGS.model_copy(update={"parameters": {"n_neighbors": 5.0}})
    with pytest.raises(FeatureTableError, match="5 neighbours, but 4 trials to train with"):
        validate(curves, settings)


def test_the_settings_are_those_that_are_used() -> None:
    for dtw in (
        SeriesDtwSettings(cost="euclidean", band=None),
        SeriesDtwSettings(step_pattern="symmetric2", band_frames=2),
    ):
        settings = SETTINGS.model_copy(update={"dtw": dtw})
        expected = dtw_matrix([each.T for each in CURVES.values], settings=dtw).distances
        np.testing.assert_array_equal(by_distances(CURVES, settings).values, expected)


def test_every_pair_is_told_and_workers_change_nothing(classifier: Classifier) -> None:
    pairs: list[tuple[int, int]] = []
    done: list[int] = []
    settings = SETTINGS.model_copy(update={"permutations": 2})
    report = validate(
        CURVES,
        settings,
        progress=lambda n, _: done.append(n),
        pair_progress=lambda n, total: pairs.append((n, total)),
    )
    count = len(CURVES)
    assert pairs[-1] == (count * (count - 1) // 2,) * 2  # once, not in every fold
    assert [n for n, _ in pairs] == sorted({n for n, _ in pairs})
    assert done == [1, 2]
    assert validate(CURVES, settings, workers=2) == report
    again = train(CURVES, SETTINGS, workers=2)
    assert again.card == classifier.card
    assert again.data == classifier.data


def test_labels_without_a_meaning_are_at_chance() -> None:
    # Every subject moves in a way of its own: its other trials would give it away.
    curves = make_curves(subjects=20, repeats=6, own=1.5, effect=False, samples=40)
    settings = ClassifierSettings(model="knn-dtw", permutations=19)
    report = validate(curves, settings)
    assert report.by_trial.balanced_accuracy.value == pytest.approx(0.5, abs=0.2)
    assert report.permutation is not None
    assert report.permutation.p_value > 0.05
    distances = by_distances(curves, settings).values + np.diag(np.full(len(curves), np.inf))
    nearest = np.array(curves.subjects)[distances.argmin(axis=1)]
    assert (nearest == curves.subjects).mean() > 0.9


def test_to_a_folder_and_back(classifier: Classifier, folder: Path, tmp_path: Path) -> None:
    loaded = load_classifier(folder)
    card = loaded.card
    assert card == classifier.card == load_card(folder)
    assert loaded.series is not None
    np.testing.assert_array_equal(loaded.series, CURVES.values)
    new = make_curves(subjects=6, repeats=2, seed=4)
    found = loaded.predict(new)
    assert found == classifier.predict(new) == loaded.predict(new, workers=2)
    assert [each.predicted for each in found.trials] == list(new.labels or ())
    save_classifier(tmp_path / "again", train(CURVES, SETTINGS))
    files = sorted(path.name for path in folder.iterdir())
    assert files == sorted(["card.json", card.model_file, str(card.series_file)])
    for name in files:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_the_nearest_series_decides(classifier: Classifier) -> None:
    settings = SETTINGS.model_copy(update={"parameters": {"n_neighbors": 1.0}})
    nearest = train(CURVES, settings)
    new = make_curves(subjects=6, repeats=1, seed=4, effect=False, own=2.0)
    distances = np.array(
        [
            [by_hand(a, b, int(0.1 * a.shape[1])) for b in CURVES.values[:, [1, 0]]]
            for a in new.values[:, [1, 0]]
        ]
    )
    expected = [(CURVES.labels or ())[place] for place in distances.argmin(axis=1)]
    assert [each.predicted for each in nearest.predict(new).trials] == expected
    # Channels in another order are brought into that of the training.
    turned = Trials("series", new.values[:, ::-1], ("knee", "hip"), new.names, new.subjects, None)
    assert classifier.predict(turned) == classifier.predict(new)


def test_the_card_holds_no_names_of_trials(folder: Path) -> None:
    card = load_card(folder)
    text = (folder / "card.json").read_text()
    assert not any(name in text for name in CURVES.names)
    stored = (folder / str(card.series_file)).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == card.series_sha256
    np.testing.assert_array_equal(np.load(io.BytesIO(stored)), CURVES.values)
    for name in {*CURVES.names, *CURVES.subjects, *(CURVES.labels or ())}:
        assert name.encode() not in stored


def test_changed_series_are_refused(folder: Path) -> None:
    card = load_card(folder)
    path = folder / str(card.series_file)
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(bytes(data))
    for load in (load_classifier, load_card):
        with pytest.raises(UntrustedModelError, match=r"are not the series that the card.*differs"):
            load(folder)
    path.unlink()
    for load in (load_classifier, load_card):
        with pytest.raises(FileMissingError, match=r"series-.*\.npy"):
            load(folder)


def exchange_series(folder: Path, data: bytes) -> None:
    """What an attacker would do who can write all files."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / "card.json"
    card = {
        **json.loads(path.read_text()),
        "series_file": f"series-{sha256[:12]}.npy",
        "series_sha256": sha256,
    }
    (folder / card["series_file"]).write_bytes(data)
    path.write_text(json.dumps(card))


def pickled() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def changed(change: Callable[[np.ndarray], np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, change(CURVES.values))
    return buffer.getvalue()


def holed(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values[1, 1, 1] = np.nan
    return values


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an npy file"),
        (b"\x93NUMPY\x01\x00\xff\xff{", "not an npy file"),
        (pickled(), "of shape \\(1,\\) and type object"),
        (changed(lambda values: values[1:]), "of shape"),
        (changed(lambda values: values[:, :1]), "of shape"),
        (changed(lambda values: values.astype(np.float32)), "type float32"),
        (changed(np.asfortranarray), "of shape"),
        (changed(holed), "a number is missing or infinite"),
        (encode_series(CURVES.values)[:-8], "more or fewer numbers"),
        (encode_series(CURVES.values) + b"0", "more or fewer numbers"),
    ],
    ids=range(10),
)
def test_what_are_no_such_series_is_refused(data: bytes, message: str, folder: Path) -> None:
    exchange_series(folder, data)
    with pytest.raises(UntrustedModelError, match=message) as caught:
        load_classifier(folder)
    assert caught.value.hint


def test_series_as_bytes_and_back() -> None:
    np.testing.assert_array_equal(
        decode_series(encode_series(CURVES.values), CURVES.values.shape), CURVES.values
    )


@pytest.mark.parametrize(
    "change",
    [
        {"series_file": None, "series_sha256": None},
        {"series_sha256": None},
        {"kind": "distances"},
        {"series_file": "../series-000000000000.npy"},
    ],
)
def test_a_card_without_its_series_is_refused(change: dict[str, Any], folder: Path) -> None:
    path = folder / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(FileFormatError, match="series"):
        load_classifier(folder)


def test_a_model_of_other_series_is_refused(folder: Path) -> None:
    fewer = train(make_curves(subjects=8), SETTINGS)
    path = folder / "card.json"
    card = {
        **json.loads(path.read_text()),
        "model_file": fewer.card.model_file,
        "model_sha256": fewer.card.model_sha256,
    }
    (folder / fewer.card.model_file).write_bytes(fewer.data)
    path.write_text(json.dumps(card))
    with pytest.raises(UntrustedModelError, match="takes distances to 24 series, its card says 36"):
        load_classifier(folder)


def test_series_that_are_replaced_are_removed(folder: Path) -> None:
    save_classifier(folder, train(make_curves(seed=1), SETTINGS), replace=True)
    assert len(list(folder.glob("series-*.npy"))) == 1
    save_classifier(folder, train(matrix_by_hand(make_curves(samples=12)), SETTINGS), replace=True)
    assert not list(folder.glob("series-*.npy"))
    assert load_classifier(folder).series is None


def test_other_series_are_refused(classifier: Classifier) -> None:
    with pytest.raises(FeatureMismatchError, match="takes series, not distances"):
        classifier.predict(by_distances(CURVES, SETTINGS))
    with pytest.raises(FeatureMismatchError, match="series of 40 samples, not 60"):
        classifier.predict(make_curves(samples=40))
    gap = Trials(
        "series", holed(CURVES.values), CURVES.features, CURVES.names, CURVES.subjects, None
    )
    with pytest.raises(FeatureTableError, match=r"1 of 36 trials have missing values.*'knee'"):
        classifier.predict(gap)


def test_dtw_where_it_says_nothing_is_refused() -> None:
    other = SeriesDtwSettings(band=0.2)
    with pytest.raises(ValidationError, match="svm compares nothing by DTW"):
        ClassifierSettings(model="svm", dtw=other)
    with pytest.raises(ValidationError, match="nan_policy"):
        SeriesDtwSettings(nan_policy="drop")
    with pytest.raises(ValidationError, match="SeriesDtwSettings"):
        ClassifierSettings(model="knn-dtw", dtw=ComparisonSettings())
    given = by_distances(CURVES, SETTINGS)
    with pytest.raises(FeatureTableError, match="the distances are given"):
        validate(given, ClassifierSettings(model="knn-dtw", dtw=other))
