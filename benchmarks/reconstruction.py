"""What a fitted body gains: angles, joints, sides and error bars before and after it.

Run: ``python -m benchmarks.reconstruction --rendered FOLDER [--cases FOLDER] [--json FILE] [--only
rendered,keypoints,balance,cameras,sample,markers,time]``. Before: predictions or markers as they
are. After: as `neuropose.body` reconstructs them.

- rendered: each clip of the folder as in `benchmarks.one_camera`;
- keypoints: how large errors of its keypoints are, how they last, and what movements they show;
- balance: the real trial of `benchmarks.accuracy`, each camera alone;
- cameras: both with several cameras at once, without alignment;
- sample: the two people of the sample clip, of whom nobody knows the truth;
- markers: two public trials, and those of ``--cases``, against Plug-in Gait and OpenSim;
- time: ten minutes of one person, wall time and memory, twice.

``--predictions FOLDER`` keeps what the pose model finds, for another run.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.reconstruction_parts import (
    balance,
    cameras,
    cost,
    keypoints,
    markers,
    rendered,
    sample,
)

PARTS = ("rendered", "keypoints", "balance", "cameras", "sample", "markers", "time")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rendered", type=Path, metavar="FOLDER")
    parser.add_argument("--cases", type=Path, metavar="FOLDER", help="marker files")
    parser.add_argument("--predictions", type=Path, metavar="FOLDER", help="kept predictions")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument(
        "--only", type=_parts, default=PARTS, metavar="PARTS", help=", ".join(PARTS)
    )
    arguments = parser.parse_args()
    if {"rendered", "keypoints"} & set(arguments.only) and arguments.rendered is None:
        parser.error("--rendered FOLDER is needed, or --only without rendered and keypoints")
    kept = arguments.predictions
    shows: dict[str, Callable[[], Any]] = {
        "rendered": lambda: rendered.show(arguments.rendered, kept),
        "keypoints": lambda: keypoints.show(arguments.rendered, kept),
        "balance": lambda: balance.show(kept),
        "cameras": lambda: cameras.show(arguments.rendered, kept),
        "sample": lambda: sample.show(kept),
        "markers": lambda: markers.show(arguments.cases),
        "time": cost.show,
    }
    found = {}
    for part in arguments.only:
        print(f"\n== {part}")
        found[part] = shows[part]()
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


def _parts(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    unknown = [part for part in chosen if part not in PARTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no part is called {unknown[0]!r}: {', '.join(PARTS)}")
    return chosen


if __name__ == "__main__":
    main()
