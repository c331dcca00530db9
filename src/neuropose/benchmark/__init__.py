"""Repeated timed runs of pose models, and the distance between the poses of two of them."""

from neuropose.benchmark.difference import PoseDifference, pose_difference
from neuropose.benchmark.runs import (
    BenchmarkComparison,
    BenchmarkResult,
    Spread,
    compare_benchmarks,
    run_benchmark,
)

__all__ = [
    "BenchmarkComparison",
    "BenchmarkResult",
    "PoseDifference",
    "Spread",
    "compare_benchmarks",
    "pose_difference",
    "run_benchmark",
]
