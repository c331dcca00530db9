"""Accuracy of events and spatiotemporal parameters: known walks, and events that others marked.

Run: ``python -m benchmarks.gait_accuracy``. The synthetic walker is seen from eight directions, by
cameras that are level or tilted, at 30, 60 and 120 frames a second and with a variable frame rate;
then with noise. The treadmill trial and the patients' landmarks are fetched through the package
index.
"""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np

from benchmarks import gait_recordings, gait_walker
from benchmarks.gait_walker import KINDS, PHASES, Errors
from neuropose.analyzer import analyze_gait

_NAMES = (
    "stride_time",
    "step_time",
    "stance",
    "swing",
    "single_support",
    *PHASES,
    "stride_length",
    "step_length",
    "step_width",
    "walking_speed",
)
_DOUBLE_SUPPORT_MS = (0.0, 60.0, 120.0, 1000.0)


def main() -> None:
    impossible: list[str] = []
    clean = gait_walker.clean_sweep(impossible)
    print(f"{clean.walks} walks without noise; {len(impossible)} impossible ones skipped:")
    for each in impossible:
        print(f"  {each}")
    _print_events([("no noise", clean)])
    _print_measures(clean)
    print("\nby how fast the foot comes to its contact (share of the walking speed)")
    _print_events([(f"{r:g}", gait_walker.edge_sweep(r)) for r in gait_walker.EDGE_RATIOS])
    print("\nby noise on every coordinate, 60 frames a second")
    noisy = [(f"{mm:g} mm", gait_walker.noisy_sweep(mm)) for mm in gait_walker.NOISES_MM]
    _print_events(noisy)
    _print_noise(noisy)
    _print_recordings()


def _print_events(rows: list[tuple[str, Errors]]) -> None:
    print(f"{'':10} {'event':16} {'bias ms':>8} {'|error| ms':>10} {'95 %':>7} {'frames':>7} found")
    for name, errors in rows:
        for kind in KINDS:
            each = np.array(errors.event_ms[kind])
            frames = np.median(errors.event_frames[kind])
            print(
                f"{name:10} {kind:16} {np.median(each):+8.1f} {np.median(np.abs(each)):10.1f} "
                f"{np.percentile(np.abs(each), 95):7.1f} {frames:7.2f} "
                f"{errors.true_events - errors.missed} of {errors.true_events}, "
                f"{errors.found_events - errors.true_events + errors.missed} too many"
            )


def _print_measures(errors: Errors) -> None:
    print(f"{'':26} {'mean %':>8} {'95 %':>8} {'most %':>8} {'within 3 %':>11}")
    for name in _NAMES:
        percent = np.array(errors.percent[name])
        print(
            f"{name:26} {percent.mean():+8.2f} {np.percentile(np.abs(percent), 95):8.2f} "
            f"{np.abs(percent).max():8.2f} {100.0 * (np.abs(percent) <= 3.0).mean():9.0f} %"
        )
    worst = max(np.abs(errors.difference[name]).max() for name in PHASES)
    print(f"double support is off by {worst:.2f} % of the stride at most")
    fps, lasts_ms, off_ms = np.array(errors.double_support).T
    off_ms = np.abs(off_ms)
    print(f"{'it lasts, ms':13} {'fps':>8} {'n':>5} {'95 %, ms':>9} {'most, ms':>9} within 3 %")
    for (low, high), rate in product(pairwise(_DOUBLE_SUPPORT_MS), np.unique(fps)):
        of = (lasts_ms >= low) & (lasts_ms < high) & (fps == rate)
        within = 100.0 * (off_ms[of] <= 0.03 * lasts_ms[of]).mean()
        print(
            f"{low:5.0f} to {high:5.0f} {rate:8.0f} {of.sum():5} "
            f"{np.percentile(off_ms[of], 95):9.1f} {off_ms[of].max():9.1f} {within:9.0f} %"
        )


def _print_noise(rows: list[tuple[str, Errors]]) -> None:
    print("median |error| of the mean over a walk, %")
    print(f"{'':26}" + "".join(f"{name:>8}" for name, _ in rows))
    for name in _NAMES:
        medians = [np.median(np.abs(errors.percent[name])) for _, errors in rows]
        print(f"{name:26}" + "".join(f"{each:8.2f}" for each in medians))


def _print_recordings() -> None:
    walk, marked = gait_recordings.treadmill()
    walks = {"treadmill": (walk, marked)}
    walks |= {name: gait_recordings.patient(name) for name in gait_recordings.PATIENTS}
    for name, (sequence, truth) in walks.items():
        analysis = analyze_gait(sequence)
        cadence = analysis.values("cadence")
        print(
            f"\n{name}: {len(analysis.strides)} strides, cadence {np.nanmean(cadence):.1f} "
            f"steps/min, speed {np.nanmean(analysis.values('walking_speed')):.2f} m/s"
        )
        for kind in KINDS if truth else ():
            errors = gait_recordings.event_errors(analysis, truth, kind)
            print(
                f"  {kind:16} precision {errors.precision:.2f}, recall {errors.recall:.2f}, "
                f"error {np.median(errors.errors_ms):+.0f} ms (SD {errors.errors_ms.std():.0f}), "
                f"within 50 ms {100.0 * errors.within(50.0):.0f} %"
            )


if __name__ == "__main__":
    main()
