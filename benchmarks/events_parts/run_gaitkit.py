"""Run by gaitkit's Python: walks as JSON in, events of every method that is named as JSON out."""

from __future__ import annotations

import contextlib
import json
import sys

import gaitkit

NAMES = {"initial_contact": "hs", "foot_off": "to"}


def events(frames: list[dict[str, object]], fps: float, method: str) -> dict[str, list[float]]:
    if method == "ensemble":
        result = gaitkit.detect_ensemble(frames, fps=fps)
    else:
        result = gaitkit.detect(frames, method=method, fps=fps)
    return {
        f"{side}/{kind}": [
            float(event["time"] if isinstance(event, dict) else event.time)
            for event in getattr(result, f"{side}_{name}")
        ]
        for side in ("left", "right")
        for kind, name in NAMES.items()
    }


def main() -> None:
    walks = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        found = {
            method: [events(walk["frames"], walk["fps"], method) for walk in walks]
            for method in sys.argv[1:]
        }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
