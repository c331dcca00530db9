"""``neuropose benchmark``: how fast this machine is on a video."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import note, session, write, write_json
from neuropose.cli._estimating import (
    DeviceOption,
    JsonOption,
    ModelOption,
    WorkersOption,
    load_estimator,
    naming,
    require_video,
)
from neuropose.cli._summary import counted, video_line

if TYPE_CHECKING:
    from neuropose.benchmark import BenchmarkResult
    from neuropose.estimator import Metrics


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
    """Process a video again and again, and say how fast that was; nothing is written."""
    from neuropose.benchmark import run_benchmark

    def show(done: int, total: int, metrics: Metrics) -> None:
        kind = " (warm-up)" if done <= warm_up else ""
        note(f"run {done} of {total}{kind}: {metrics.frames_per_second:.1f} frames/s")

    with naming(video):
        require_video(video)
        estimator = load_estimator(session(context), model, device, workers)
        result = run_benchmark(estimator, video, runs=runs, warm_up=warm_up, progress=show)
    if as_json:
        write_json(result.model_dump(mode="json"))
        return
    for line in _lines(result):
        write(line)


def _lines(result: BenchmarkResult) -> list[str]:
    speed, last = result.frames_per_second, result.runs[-1]
    lines = [
        f"video     {video_line(result.metadata)}",
        f"model     {result.model} on {last.device}, {last.runtime}, "
        f"{counted(last.workers, 'core')}",
        f"speed     median {speed.median:.1f} frames/s, decoding included "
        f"(p5 {speed.p5:.1f}, p95 {speed.p95:.1f}; {counted(len(result.runs), 'run')})",
    ]
    if last.latency is not None:
        lines.append(
            f"latency   p50 {last.latency.p50_ms:.0f} ms, p95 {last.latency.p95_ms:.0f} ms, "
            f"p99 {last.latency.p99_ms:.0f} ms from picture to pose (last run)"
        )
    lines.append(f"memory    peak {last.peak_memory_mb:.0f} MB")
    same = "the same in every run, bit for bit" if result.identical else "DIFFER from run to run"
    lines.append(f"results   {same}")
    return lines
