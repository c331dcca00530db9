"""Small reports of one task."""

from __future__ import annotations

from typing import Any

from neuropose.data import Measure, Report, ReportProvenance, Table


def report(
    speed: float = 1.0, *, error: float | None = 0.01, task: str = "gait", **fields: Any
) -> Report:
    """A report with a speed that has an error, a cadence that has none, and what is missing."""
    strides = Table.from_columns(
        {
            "side": (None, ["left", "right", "left", "left"]),
            "start": ("s", [0.0, 0.5, 1.0, 2.0]),
            "stride_time": ("s", [1.0, 1.1, 1.2, 9.0]),
            "stride_time_standard_error": ("s", [0.01, 0.01, 0.01, 0.01]),
            "excluded": (None, [None, None, None, "turning"]),
        }
    )
    cycles = Table.from_columns(
        {
            "percent": ("%", [0.0, 50.0, 100.0]),
            "knee_flexion_mean_left": ("deg", [speed, 2.0, 3.0]),
            "knee_flexion_sd_left": ("deg", [0.1, 0.2, 0.3]),
            "hip_flexion_mean_left": ("deg", [float("nan")] * 3),
        }
    )
    given: dict[str, Any] = {
        "task": task,
        "measures": {
            "walking_speed": Measure(value=speed, unit="m/s", n=5, sd=0.02, standard_error=error),
            "cadence": Measure(value=100.0 * speed, unit="steps/min", n=5),
            "step_width": Measure.missing("mm", "this view does not show it"),
            "stance_log_ratio": Measure(value=0.0, unit="1", n=5),
        },
        "tables": {"strides": strides, "cycles": cycles},
        "provenance": ReportProvenance(neuropose_version="0.1.0"),
        **fields,
    }
    return Report(**given)
