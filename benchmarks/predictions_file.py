"""Save and load a long recording: our predictions file beside nested pydantic lists.

    python -m benchmarks.predictions_file [--frames 18000] [--repeats 5] [--json FILE]

What is compared: the same numbers (float32, in shortest decimal form, so that the peer's file is no
longer than it must be), one person, 33 joints, the same keys a frame.

ours
    `save_video_predictions`: checked schema, atomic, forced to the disk (fsync), one frame a line.
    `load_video_predictions`: everything validated, read-only float32 arrays.
pydantic + json
    Nested ``BaseModel``s with ``list[list[list[float]]]``, saved as most projects do:
    ``json.dump(model.model_dump(), file, indent=2)`` and ``model_validate(json.load(file))``.
pydantic
    The same models through pydantic's own JSON, the fastest that they can:
    ``write_text(model.model_dump_json(indent=2))`` and ``model_validate_json(read_bytes())``.

The peers neither force the file to the disk nor replace it atomically, and validate nothing but
types. Each measurement runs in a fresh process; the three take turns, medians are given, and the
ratios are medians of ratios within a turn, so that other load on the machine disturbs little. Time
is given by the clock and of the processor; waiting, for the disk or for others, is in the first.
Memory is the peak of resident memory above what was resident just before: for saving, the
predictions are in memory then; for loading, only the imports are. It needs Linux.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from neuropose.data import Camera, VideoMetadata, VideoPredictions
from neuropose.io import load_video_predictions, save_video_predictions
from neuropose.skeletons import BLAZEPOSE_33

MODES = ("ours", "pydantic + json", "pydantic")


class PeerFrame(BaseModel):
    time_s: float
    boxes: list[list[float]]
    poses3d: list[list[list[float]]]
    poses2d: list[list[list[float]]]
    confidence: list[list[float]]
    track_ids: list[int]


class PeerMetadata(BaseModel):
    frame_count: int
    fps: float
    width: int
    height: int


class PeerPredictions(BaseModel):
    metadata: PeerMetadata
    frames: dict[str, PeerFrame]


def recording(frame_count: int) -> VideoPredictions:
    """One person, every number with as many digits as measured ones have."""
    rng = np.random.default_rng(0)
    joints = len(BLAZEPOSE_33.joints)
    centre = rng.normal(0, 5, (frame_count, 1, 3)).cumsum(axis=0) + np.array([0, 0, 3500])
    return VideoPredictions(
        metadata=VideoMetadata(frame_count=frame_count, fps=30.0, width=1920, height=1080),
        camera=Camera.from_fov(1920, 1080, 55.0),
        skeleton=BLAZEPOSE_33,
        time_s=np.arange(frame_count) / 30.0,
        offsets=np.arange(frame_count + 1),
        boxes=rng.uniform(0.5, 1.0, (frame_count, 5)) * [900, 300, 400, 800, 1],
        poses3d=rng.normal(0, 400, (frame_count, joints, 3)) + centre,
        poses2d=rng.uniform(0, 1, (frame_count, joints, 2)) * [1920, 1080],
        confidence=rng.uniform(0, 1, (frame_count, joints)),
        track_ids=np.zeros(frame_count, np.int32),
    )


def save_peer_with_json(path: Path, predictions: PeerPredictions) -> None:
    with path.open("w") as file:
        json.dump(predictions.model_dump(), file, indent=2)


def load_peer_with_json(path: Path) -> PeerPredictions:
    with path.open() as file:
        return PeerPredictions.model_validate(json.load(file))


def save_peer(path: Path, predictions: PeerPredictions) -> None:
    path.write_text(predictions.model_dump_json(indent=2))


def load_peer(path: Path) -> PeerPredictions:
    return PeerPredictions.model_validate_json(path.read_bytes())


SAVERS: dict[str, Callable[[Path, Any], None]] = {
    "ours": save_video_predictions,
    "pydantic + json": save_peer_with_json,
    "pydantic": save_peer,
}
LOADERS: dict[str, Callable[[Path], Any]] = {
    "ours": load_video_predictions,
    "pydantic + json": load_peer_with_json,
    "pydantic": load_peer,
}


def resident_mb(key: str) -> float:
    """``VmRSS`` (now) or ``VmHWM`` (peak since `forget_peak`) of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    return float("nan")


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def measure(step: str, work: Callable[[], Any]) -> dict[str, float]:
    """Seconds by the clock and of the processor, and the peak of memory above the start."""
    gc.collect()
    forget_peak()
    before_mb = resident_mb("VmRSS")
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    result = work()
    found = {
        f"{step}_s": time.perf_counter() - start_s,
        f"{step}_cpu_s": time.process_time() - start_cpu_s,
        f"{step}_mb": resident_mb("VmHWM") - before_mb,
    }
    del result
    return found


def child(mode: str, step: str, source: Path, folder: Path) -> dict[str, float]:
    """One measurement: what runs in a process of its own."""
    path = folder / f"{mode.split()[0]}.json"
    if step == "load":
        return measure(step, lambda: LOADERS[mode](path))
    predictions: Any
    if mode == "ours":
        predictions = load_video_predictions(source)
    else:  # the same decimal numbers as in our file
        document = json.loads(source.read_bytes())
        predictions = PeerPredictions(metadata=document["metadata"], frames=document["frames"])
        del document
    found = measure(step, lambda: SAVERS[mode](path, predictions))
    return {**found, "file_mb": path.stat().st_size / 1e6}


def run_child(mode: str, step: str, source: Path, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.predictions_file", "--child", mode, step]
    done = subprocess.run(
        [*command, str(source), str(folder)], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compare(frame_count: int, repeats: int) -> dict[str, Any]:
    """All measurements, in turns."""
    turns: list[dict[str, dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source.json"
        save_video_predictions(source, recording(frame_count))
        for _ in range(repeats):
            turn = {}
            for mode in MODES:
                turn[mode] = run_child(mode, "save", source, folder)
            for mode in MODES:
                turn[mode] |= run_child(mode, "load", source, folder)
            turns.append(turn)
    keys = list(turns[0]["ours"])
    medians = {m: {k: statistics.median(t[m][k] for t in turns) for k in keys} for m in MODES}
    ratios = {
        m: {k: statistics.median(t[m][k] / t["ours"][k] for t in turns) for k in keys}
        for m in MODES[1:]
    }
    return {"frames": frame_count, "medians": medians, "ratios": ratios, "turns": turns}


def print_table(result: dict[str, Any]) -> None:
    heads = {
        f"{step}_{unit}": f"{step} {name}"
        for step in ("save", "load")
        for unit, name in (("s", "s"), ("cpu_s", "CPU s"), ("mb", "peak MB"))
    } | {"file_mb": "file MB"}
    print(f"{result['frames']} frames, 1 person, {len(BLAZEPOSE_33.joints)} joints")
    print(f"{'':24}" + "".join(f"{head:>14}" for head in heads.values()))
    for mode, values in result["medians"].items():
        print(f"{mode:24}" + "".join(f"{values[key]:14.2f}" for key in heads))
    for mode, values in result["ratios"].items():
        print(f"{mode + ' / ours':24}" + "".join(f"{values[key]:13.1f}x" for key in heads))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=18_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        mode, step, source, folder = options.child
        print(json.dumps(child(mode, step, Path(source), Path(folder))))
        return
    result = compare(options.frames, options.repeats)
    print_table(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
