"""How long exports of a long recording take, and how much memory: each in a process of its own.

The recording is a synthetic walk of 18,000 frames (ten minutes at 30 frames per second): as
predictions, as a reconstruction, and as the report of its gait.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from neuropose.data import Reconstruction, VideoPredictions
from neuropose.errors import MissingLibraryError
from neuropose.export import Kind, export, exporters
from neuropose.io import (
    load_reconstruction,
    load_report,
    load_video_predictions,
    save_reconstruction,
    save_report,
    save_video_predictions,
)
from neuropose.testing import (
    reconstructed,
    simulate_walk,
    synthetic_predictions,
    walker_sequence,
)

MOST_S, MOST_MB = 10.0, 500.0


def long_reconstruction(frame_count: int) -> Reconstruction:
    """A reconstruction that repeats a short one, with every coordinate of the body."""
    from neuropose.body import load_body_model

    short = reconstructed(walker_sequence(simulate_walk()), 10.0, draws=8)
    repeats = -(-frame_count // len(short.time_s))
    rows = np.tile(np.arange(len(short.time_s)), repeats)[:frame_count]
    own = dict(zip(short.coordinate_names, short.coordinates.T, strict=True))
    names = tuple(each.name for each in load_body_model().coordinates(()))
    coordinates = np.stack([own.get(name, np.zeros(len(short.time_s))) for name in names], axis=1)
    return short.model_copy(
        update={
            "time_s": np.arange(frame_count) / 30.0,
            "coordinate_names": names,
            "coordinates": coordinates[rows],
            "coordinate_errors": np.ones((frame_count, len(names)), np.float32),
            "positions_mm": short.positions_mm[rows],
            "position_draws_mm": short.position_draws_mm[:, rows],
            "confidence": short.confidence[rows],
        }
    )


def prepare(folder: Path, frame_count: int) -> dict[Kind, Path]:
    """Write the inputs."""
    from neuropose.analyzer import analyze_gait, gait_report

    predictions: VideoPredictions = synthetic_predictions(frame_count=frame_count)
    paths = {
        Kind.PEOPLE: folder / "walk.poses.npz",
        Kind.BODY: folder / "walk.reconstruction.npz",
        Kind.REPORTS: folder / "walk.gait.json",
    }
    save_video_predictions(paths[Kind.PEOPLE], predictions)
    save_reconstruction(paths[Kind.BODY], long_reconstruction(frame_count))
    save_report(paths[Kind.REPORTS], gait_report(analyze_gait(walker_sequence(simulate_walk()))))
    return paths


def peak_mb() -> float:
    """The most memory that this process has had, on Linux: not that of the process it is from."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024.0


def child(name: str, kind: Kind, source: Path, out: Path) -> dict[str, float]:
    """Export once; the time is that of the export, without reading the input."""
    load: Any = {
        Kind.PEOPLE: load_video_predictions,
        Kind.BODY: load_reconstruction,
        Kind.REPORTS: load_report,
    }[kind]
    what = load(source)
    before_mb = peak_mb()
    start = time.perf_counter()
    export(what, out, name)
    seconds = time.perf_counter() - start
    after_mb = peak_mb()
    files = [path for path in out.rglob("*") if path.is_file()] if out.is_dir() else [out]
    return {
        "s": seconds,
        "peak_mb": after_mb,
        "more_mb": after_mb - before_mb,
        "file_mb": sum(path.stat().st_size for path in files) / 1e6,
    }


def kind_for(takes: tuple[Kind, ...]) -> list[Kind]:
    """What a format is tried with: everything that it takes."""
    found = [kind for kind in (Kind.PEOPLE, Kind.BODY, Kind.REPORTS) if kind in takes]
    if Kind.MOVEMENT in takes and Kind.BODY not in found:
        found.insert(1, Kind.BODY)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--frames", type=int, default=18_000)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, kind, source, out = options.child
        try:
            print(json.dumps(child(name, Kind(kind), Path(source), Path(out))))
        except MissingLibraryError as error:
            print(json.dumps({"missing": str(error)}))
        return
    results: dict[str, dict[str, float]] = {}
    print(f"{options.frames} frames")
    print(f"{'':24}{'s':>8}{'peak MB':>10}{'more MB':>10}{'file MB':>10}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = prepare(folder, options.frames)
        for exporter in exporters():
            for kind in kind_for(exporter.takes):
                out = folder / f"{kind}.{exporter.name}{exporter.suffix}"
                command = [exporter.name, str(kind), str(paths[kind]), str(out)]
                done = subprocess.run(
                    [sys.executable, __file__, "--child", *command],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                found = json.loads(done.stdout.splitlines()[-1])
                title = f"{exporter.name} of {kind}"
                if "missing" in found:
                    print(f"{title:24}  {found['missing']}")
                    continue
                results[title] = found
                slow = found["s"] > MOST_S or found["peak_mb"] > MOST_MB
                cells = (found["s"], found["peak_mb"], found["more_mb"], found["file_mb"])
                numbers = f"{cells[0]:8.2f}" + "".join(f"{each:10.0f}" for each in cells[1:])
                print(f"{title:24}{numbers}{'  over the limit' if slow else ''}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
