"""``neuropose benchmark``: how fast this machine is on a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuropose.cli._console import note, session, write, write_json
from neuropose.cli._estimating import (
    DeviceOption,
    JsonOption,
    ModelOption,
    WorkersOption,
    load_estimator,
)


def benchmark(
    context: typer.Context,
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="The video.")],
    runs: Annotated[int, typer.Option(min=1, metavar="N", help="Runs that count.")] = 5,
    warm_up: Annotated[int, typer.Option(min=0, metavar="N", help="Runs before them.")] = 1,
    model: ModelOption = None,
    device: DeviceOption = None,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Process a video again and again; nothing is written."""
    from neuropose.benchmark import run_benchmark

    estimator = load_estimator(session(context), model, device, workers)
    result = run_benchmark(
        estimator,
        video,
        runs=runs,
        warm_up=warm_up,
        progress=lambda done, total: note(f"run {done} of {total}"),
    )
    if as_json:
        write_json(result.model_dump(mode="json"))
        return
    speed, last = result.frames_per_second, result.runs[-1]
    write(f"model     {result.model} on {last.device}, {last.runtime}, {last.workers} cores")
    write(
        f"speed     median {speed.median:.1f} frames/s, decoding included "
        f"(p5 {speed.p5:.1f}, p95 {speed.p95:.1f}; {len(result.runs)} runs of {last.frames} frames)"
    )
    if last.latency is not None:
        write(
            f"latency   p50 {last.latency.p50_ms:.0f} ms, p95 {last.latency.p95_ms:.0f} ms, "
            f"p99 {last.latency.p99_ms:.0f} ms from picture to pose (last run)"
        )
    write(f"memory    peak {last.peak_memory_mb:.0f} MB")
    write(f"results   {'the same in every run, bit for bit' if result.identical else 'DIFFER'}")
