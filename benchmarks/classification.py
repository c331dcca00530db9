"""Accuracy on public data, beside aeon's own classifiers in the same run: 1-NN DTW and MiniRocket.

    python -m benchmarks.classification

The data are those inside aeon; training and test are split as the UCR and UEA archives split them.
Each series is a subject of its own. What is scored went through a saved file and back.
Distances are NeuroPose's own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

# Of 1-NN DTW with squared cost and a band of 10 %, and of MiniRocket (Dempster et al. 2021, KDD).
KNOWN = {
    "BasicMotions": {"knn-dtw": 0.975, "minirocket": 1.0},
    "GunPoint": {"knn-dtw": 0.940, "minirocket": 0.993},
    "ArrowHead": {"knn-dtw": 0.720, "minirocket": 0.863},
}


def results() -> list[dict[str, Any]]:
    """Score every model on every data set, in the environment that has aeon."""
    from benchmarks import peers

    done = subprocess.run(
        [peers.dtw(), "-m", "benchmarks.classification", "--inside"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _inside() -> list[dict[str, Any]]:
    from aeon.datasets import load_arrow_head, load_basic_motions, load_gunpoint

    loaders = {
        "BasicMotions": load_basic_motions,
        "GunPoint": load_gunpoint,
        "ArrowHead": load_arrow_head,
    }
    return [
        {"data": name, "model": model, **_score(model, load)}
        for name, load in loaders.items()
        for model in ("knn-dtw", "minirocket")
    ]


def _score(model: str, load: Any) -> dict[str, Any]:
    from neuropose.classify import (
        ClassifierSettings,
        load_classifier,
        save_classifier,
        train,
    )

    settings = ClassifierSettings(
        model=model,  # type: ignore[arg-type]
        parameters={"n_neighbors": 1} if model == "knn-dtw" else None,
        folds=2,
        permutations=0,
        resamples=200,
    )
    split = {part: load(split=part) for part in ("train", "test")}
    start = time.perf_counter()
    classifier = train(_trials(split, "train"), settings)
    with tempfile.TemporaryDirectory() as folder:
        save_classifier(Path(folder) / "model", classifier)
        loaded = load_classifier(Path(folder) / "model")
    test = _trials(split, "test")
    predictions = loaded.predict(test)
    same = predictions == classifier.predict(test)
    right = [
        each.predicted == label
        for each, label in zip(predictions.trials, test.labels or (), strict=True)
    ]
    return {
        "aeon": _aeon(model, split),
        "accuracy": sum(right) / len(right),
        "trials": len(right),
        "same_after_saving": same,
        "seconds": time.perf_counter() - start,
    }


def _aeon(model: str, split: dict[str, Any]) -> float:
    from aeon.classification.convolution_based import MiniRocketClassifier
    from aeon.classification.distance_based import KNeighborsTimeSeriesClassifier

    own = (
        MiniRocketClassifier(random_state=0)
        if model == "minirocket"
        else KNeighborsTimeSeriesClassifier("dtw", {"window": 0.1}, n_neighbors=1)
    )
    return float(own.fit(*split["train"]).score(*split["test"]))


def _trials(split: dict[str, Any], part: str) -> Any:
    from neuropose.classify import Trials

    values, labels = split[part]
    names = tuple(f"{part} {number}" for number in range(len(values)))
    channels = tuple(f"channel {number}" for number in range(values.shape[1]))
    return Trials("series", values, channels, names, names, tuple(map(str, labels)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    if parser.parse_args().inside:
        json.dump(_inside(), sys.stdout)
        return
    print(
        f"{'data':14}{'model':12}{'accuracy':>9}{'aeon':>7}{'known':>7}{'trials':>8}{'seconds':>9}"
    )
    for row in results():
        known = KNOWN[row["data"]][row["model"]]
        print(
            f"{row['data']:14}{row['model']:12}{row['accuracy']:9.3f}{row['aeon']:7.3f}{known:7.3f}"
            f"{row['trials']:8}{row['seconds']:9.1f}"
        )


if __name__ == "__main__":
    main()
