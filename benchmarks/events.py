"""Contacts and foot offs against force plates, laboratory by laboratory.

Run: ``python -m benchmarks.events FOLDER``. The folder holds C3D files with force plates, and TRC
files with ground reactions beside them (``NAME_grf.mot``). A treadmill trial is fetched through the
package index, and gaitkit into an environment of its own. Every method is compared with the same
truth: 20 N, see `plate_contacts`; and NeuroPose also with what that truth may have been before
forces were smoothed.

How late each motion of the foot tells of an event, and standard errors, are also learned anew
without each laboratory, and that laboratory is timed with what the others tell. Standard errors are
judged on the recordings as they are, and with fewer frames and added noise.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

from benchmarks.events_parts.belt import print_rolls
from benchmarks.events_parts.intervals import coverage, worse
from benchmarks.events_parts.laboratories import load
from benchmarks.events_parts.learning import delays, left_out, print_errors, print_learned
from benchmarks.events_parts.low_pass import as_stored_and_before
from benchmarks.events_parts.methods import gaitkit, plain_zeni
from benchmarks.events_parts.scores import found, score_all, table
from benchmarks.events_parts.toe_speeds import print_toe_speeds
from neuropose.analyzer import analyze_gait


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    warnings.simplefilter("ignore")
    everything = [(trial, analyze_gait(trial.walk)) for trial in load(parser.parse_args().folder)]
    walks = [(trial, analysis) for trial, analysis in everything if analysis.walk]
    aside = [(trial, analysis) for trial, analysis in walks if trial.aside]
    walks = [(trial, analysis) for trial, analysis in walks if not trial.aside]
    trials = [trial for trial, _ in walks]
    for name, method in {"NeuroPose": found, "plain Zeni": plain_zeni}.items():
        table(name, score_all((trial, method(analysis)) for trial, analysis in walks))
    for method, events in gaitkit([analysis for _, analysis in walks]).items():
        table(f"gaitkit {method}", score_all(zip(trials, events, strict=True)))
    table("NeuroPose, set aside", score_all((trial, found(each)) for trial, each in aside))
    before = as_stored_and_before(trials)
    table(
        "NeuroPose, a low-pass of the forces taken back as far as possible",
        score_all((trial, found(each)) for trial, (_, each) in zip(before, walks, strict=True)),
    )
    coverage("recordings as they are", walks)
    made_worse = list(worse(trials))
    coverage("and with fewer frames and noise", [*walks, *made_worse])
    print_toe_speeds(walks)
    print_rolls(everything)
    measured = delays(walks)
    print_learned(measured)
    print_errors(walks)
    without = left_out(trials, measured, made_worse)
    table("NeuroPose, learned without the laboratory", without.scores)
    coverage("learned without the laboratory", without.as_they_are, without.medians_s)
    coverage(
        "learned without the laboratory, and with fewer frames and noise",
        without.with_worse,
        without.medians_with_worse_s,
    )


if __name__ == "__main__":
    main()
