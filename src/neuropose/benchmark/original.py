"""Benchmarks of the original NeuroPose, as reports: it measured other things than ours does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from neuropose.data.format_errors import DECODING_ERRORS, explain
from neuropose.data.report import InputFile, Measure, Report, ReportProvenance, Table
from neuropose.io.original import stated_provenance

TASK = "benchmark"
_KEYS = {"warmup_pass", "measured_passes", "aggregate"}


class _Pass(msgspec.Struct):
    total_seconds: float
    peak_rss_mb: float
    per_frame_latencies_ms: list[float] = []
    model_load_seconds: float | None = None


class _Aggregate(msgspec.Struct):
    repeats_measured: int
    mean_frame_latency_ms: float
    p50_frame_latency_ms: float
    p95_frame_latency_ms: float
    p99_frame_latency_ms: float
    stddev_frame_latency_ms: float
    mean_throughput_fps: float
    peak_rss_mb_max: float
    active_device: str
    tensorflow_version: str


class _Comparison(msgspec.Struct):
    cpu_aggregate: _Aggregate
    speedup: float
    max_poses3d_divergence_mm: float
    frame_count_compared: int


class _Benchmark(msgspec.Struct):
    repeats: int
    warmup_frames: int
    warmup_pass: _Pass
    measured_passes: list[_Pass]
    aggregate: _Aggregate
    cpu_comparison: _Comparison | None = None
    provenance: dict[str, Any] | None = None


def is_original_benchmark(data: bytes) -> bool:
    """Return whether a file is a benchmark of the original program, of either version.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_original_benchmark(b'{"warmup_pass": {}, "measured_passes": [], "aggregate": {}}')
    True
    """
    try:
        return msgspec.json.decode(data, type=dict[str, msgspec.Raw]).keys() >= _KEYS
    except DECODING_ERRORS:
        return False


def benchmark_report(data: bytes, source: InputFile) -> Report:
    """Read a benchmark of the original program as a report.

    Parameters
    ----------
    data : bytes
        Content of the file.
    source : InputFile
        Its hash, for the report.

    Returns
    -------
    Report
        Throughput, latency of frames and memory, with a row for each run in the table ``runs``. The
        name of the video is not in it.

    Raises
    ------
    FileFormatError
        If something is missing, or no number.
    """
    try:
        found = msgspec.json.decode(data, type=_Benchmark)
    except DECODING_ERRORS as error:
        raise explain("benchmark", error) from error
    stated = found.provenance or {}
    return Report(
        task=TASK,
        measures={**_measures(found), **_compared(found.cpu_comparison)},
        tables={"runs": _runs(found)},
        parameters={
            "runs": found.repeats,
            "first_frames_left_out": found.warmup_frames,
            "device": found.aggregate.active_device,
        },
        warnings=(
            "measured by the original NeuroPose: latency is that of the model alone, without "
            "decoding; neuropose benchmark counts decoding, too",
        ),
        provenance=ReportProvenance(
            neuropose_version=str(stated.get("neuropose_version", "not stated")),
            versions={"tensorflow": found.aggregate.tensorflow_version},
            inputs=(source,),
            predictions=stated_provenance(stated) if stated else None,
        ),
    )


def _measures(found: _Benchmark) -> Mapping[str, Measure]:
    whole, passes = found.aggregate, found.measured_passes
    frames = sum(len(each.per_frame_latencies_ms[found.warmup_frames :]) for each in passes)
    latencies = {
        "frame_latency": whole.mean_frame_latency_ms,
        "frame_latency_p50": whole.p50_frame_latency_ms,
        "frame_latency_p95": whole.p95_frame_latency_ms,
        "frame_latency_p99": whole.p99_frame_latency_ms,
    }
    # It wrote zeros where no frame was left.
    measures = {
        name: Measure(value=value, unit="ms", n=frames)
        if frames
        else Measure.missing("ms", "every frame was left out as one of the first of its run")
        for name, value in latencies.items()
    }
    if frames > 1:
        mean = measures["frame_latency"]
        measures["frame_latency"] = mean.model_copy(update={"sd": whole.stddev_frame_latency_ms})
    return {
        "throughput": Measure(
            value=whole.mean_throughput_fps, unit="frames/s", n=whole.repeats_measured
        ),
        **measures,
        "peak_memory": Measure(value=whole.peak_rss_mb_max, unit="MB", n=whole.repeats_measured),
    }


def _compared(comparison: _Comparison | None) -> Mapping[str, Measure]:
    if comparison is None:
        return {}
    cpu = comparison.cpu_aggregate
    return {
        "throughput_cpu": Measure(
            value=cpu.mean_throughput_fps, unit="frames/s", n=cpu.repeats_measured
        ),
        "throughput_ratio": Measure(
            value=comparison.speedup,
            unit="1",
            n=cpu.repeats_measured,
            warnings=("that of the device over that of the CPU",),
        ),
        "largest_difference_of_poses": Measure(
            value=comparison.max_poses3d_divergence_mm,
            unit="mm",
            n=comparison.frame_count_compared,
            warnings=("along one axis, between the device and the CPU",),
        ),
    }


def _runs(found: _Benchmark) -> Table:
    runs = [found.warmup_pass, *found.measured_passes]
    loads_s = [each.model_load_seconds for each in runs]
    return Table.from_columns(
        {
            "kind": (None, ["warm_up", *["measured"] * len(found.measured_passes)]),
            "duration": ("s", [each.total_seconds for each in runs]),
            "frames": (None, [len(each.per_frame_latencies_ms) for each in runs]),
            "peak_memory": ("MB", [each.peak_rss_mb for each in runs]),
            "model_load": ("s", [float("nan") if each is None else each for each in loads_s]),
        }
    )
