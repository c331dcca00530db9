"""``neuropose benchmark``: how fast this machine is on a video."""

from __future__ import annotations

import re
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
from neuropose.cli.render.video_summary import video_line
from neuropose.grammar import counted

if TYPE_CHECKING:
    from neuropose.benchmark import BenchmarkComparison, BenchmarkResult, PoseDifference
    from neuropose.estimator import Estimator, Metrics

_DEVICE = re.compile(r"auto|cpu|gpu(:\d+)?")


def benchmark(
    context: typer.Context,
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="The video.")],
    runs: Annotated[int, typer.Option(min=1, metavar="N", help="Runs that count.")] = 5,
    warm_up: Annotated[int, typer.Option(min=0, metavar="N", help="Runs before them.")] = 1,
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL|DEVICE",
            help="Run another model, or the same one on another device, in turns with it; "
            "say how speed and poses differ.",
        ),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Record what each thread does in one more run, as JSON for chrome://tracing or "
            "ui.perfetto.dev, and say where the time goes.",
        ),
    ] = None,
    model: ModelOption = None,
    device: DeviceOption = None,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Process a video again and again, and say how fast that was; only a trace is written."""
    result: BenchmarkResult | BenchmarkComparison
    with naming(video):
        require_video(video)
        base = load_estimator(session(context), model, device, workers)
        if compare is None:
            result, lines = _run(base, video, runs, warm_up)
        else:
            if _DEVICE.fullmatch(compare):
                device = compare
            else:
                model = compare
            other = load_estimator(session(context), model, device, workers)
            result, lines = _compare(base, other, video, runs, warm_up)
        if trace is not None:
            lines += _traced(base, video, trace)
    if as_json:
        write_json(result.model_dump(mode="json"))
        return
    for line in lines:
        write(line)


def _run(
    estimator: Estimator, video: Path, runs: int, warm_up: int
) -> tuple[BenchmarkResult, list[str]]:
    from neuropose.benchmark import run_benchmark

    def show(done: int, total: int, metrics: Metrics) -> None:
        _note_run(done, total, metrics, "warm-up" if done <= warm_up else "")

    result = run_benchmark(estimator, video, runs=runs, warm_up=warm_up, progress=show)
    return result, _lines(result)


def _traced(estimator: Estimator, video: Path, path: Path) -> list[str]:
    """Record one more run; recording takes time, so it does not count as a run."""
    import orjson

    from neuropose.io.atomic import write_atomically
    from neuropose.tracing import traced

    with traced() as trace:
        frames = estimator.process_video(video).predictions.metadata.frame_count
    write_atomically(path, [orjson.dumps(trace.chrome_events())])
    parts = [
        f"{name} {1e3 * on_core_s / frames:.2f} of {1e3 * passed_s / frames:.2f}"
        for name, (passed_s, on_core_s) in trace.seconds_by_name().items()
    ]
    return [
        f"threads   ms a frame on a core, of those that passed: {', '.join(parts)}",
        f"trace     {path}",
    ]


def _compare(
    base: Estimator, other: Estimator, video: Path, runs: int, warm_up: int
) -> tuple[BenchmarkComparison, list[str]]:
    from neuropose.benchmark import compare_benchmarks

    def show(done: int, total: int, metrics: Metrics) -> None:
        side = "base" if done % 2 else "other"
        _note_run(done, total, metrics, f"{side}, warm-up" if done <= 2 * warm_up else side)

    result = compare_benchmarks(base, other, video, runs=runs, warm_up=warm_up, progress=show)
    return result, _comparison_lines(result)


def _note_run(done: int, total: int, metrics: Metrics, kind: str) -> None:
    which = f"run {done} of {total} ({kind})" if kind else f"run {done} of {total}"
    note(f"{which}: {metrics.frames_per_second:.1f} frames/s")


def _lines(result: BenchmarkResult) -> list[str]:
    return [
        f"video     {video_line(result.metadata)}",
        *_speed_lines("model", result),
        f"memory    peak {result.runs[-1].peak_memory_mb:.0f} MB",
        _results_line(result),
    ]


def _comparison_lines(comparison: BenchmarkComparison) -> list[str]:
    base, other = comparison.base, comparison.other
    return [
        f"video     {video_line(base.metadata)}",
        *_speed_lines("base", base),
        _results_line(base),
        *_speed_lines("other", other),
        _results_line(other),
        f"memory    peak {other.runs[-1].peak_memory_mb:.0f} MB, both together",
        f"ratio     other / base {comparison.ratio:.3g} in speed "
        f"(median of {counted(len(base.runs), 'round')}, one run of each)",
        *_difference_lines(comparison.difference),
    ]


def _speed_lines(label: str, result: BenchmarkResult) -> list[str]:
    speed, last = result.frames_per_second, result.runs[-1]
    lines = [
        f"{label:<9} {result.model} on {last.device}, {last.runtime}, "
        f"{counted(last.workers, 'core')}",
        f"speed     median {speed.median:.1f} frames/s, decoding included "
        f"(p5 {speed.p5:.1f}, p95 {speed.p95:.1f}; {counted(len(result.runs), 'run')})",
    ]
    if last.latency is not None:
        lines.append(
            f"latency   p50 {last.latency.p50_ms:.0f} ms, p95 {last.latency.p95_ms:.0f} ms, "
            f"p99 {last.latency.p99_ms:.0f} ms from picture to pose (last run)"
        )
    return lines


def _results_line(result: BenchmarkResult) -> str:
    same = "the same in every run, bit for bit" if result.identical else "DIFFER from run to run"
    return f"results   {same}"


def _difference_lines(difference: PoseDifference) -> list[str]:
    if not difference.joints:
        return ["poses     cannot be compared: the skeletons have no joint in common"]
    lines = [
        f"people    {difference.people_matched} found by both in "
        f"{counted(difference.frames, 'frame')}, {difference.people_unmatched} by one alone"
    ]
    joints = counted(len(difference.joints), "joint")
    if difference.median_mm is None or difference.largest_mm is None:
        lines.append(f"poses     cannot be compared: none of {joints} was given by both")
    else:
        lines.append(
            f"poses     median {_short(difference.median_mm)} mm, largest "
            f"{_short(difference.largest_mm)} mm apart in the camera frame ({joints})"
        )
    if difference.median_px is not None:
        lines.append(f"picture   median {_short(difference.median_px)} px apart")
    return lines


def _short(length: float) -> str:
    return f"{length:.3g}" if length < 100.0 else f"{length:.0f}"
