"""The methods section: what was used, and nothing else; every citation has its entry."""

from __future__ import annotations

import re

import numpy as np
import pytest

from neuropose.analyzer import analyze_gait, gait_report
from neuropose.analyzer.tasks.gait.definitions import STRIDE_MEASURES
from neuropose.analyzer.tasks.registry import TASKS
from neuropose.data import (
    Assumption,
    InputFile,
    Measure,
    Provenance,
    Report,
    ReportProvenance,
    Source,
)
from neuropose.export import methods
from neuropose.export.bibliography import bibtex, cited, entries
from neuropose.export.methods import methods_of
from neuropose.testing import simulate_walk, walker_sequence


@pytest.fixture(scope="module")
def gait() -> Report:
    return gait_report(analyze_gait(walker_sequence(simulate_walk())))


def a_report(task: str = "reach", **changes: object) -> Report:
    fields = {
        "task": task,
        "measures": {"movement_time": Measure.missing("s", "the hand never moved")},
        "provenance": ReportProvenance(neuropose_version="0.1.0"),
    }
    return Report.model_validate(fields | changes)


def test_every_citation_has_its_entry(gait: Report) -> None:
    found = methods_of({"a": gait})
    keys = re.findall(r"^@\w+\{(\w+),", found.bibtex, re.MULTILINE)
    assert len(keys) == len(set(keys)) == len(found.keys)
    names = {cited(key).strip("()") for key in keys if key != "neuropose"}
    for name in names:
        assert name in found.text
    years = set(re.findall(r"[\w.&' ]+, (?:19|20)\d\d", found.text))
    assert len(years) >= len(names) - 1


def test_settings_are_those_of_the_report(gait: Report) -> None:
    text = methods_of({"a": gait}).text
    settings = gait.preparation[0]["settings"]
    assert f"{settings['cutoff_hz']:g}" in text
    assert f"window {settings['outlier_window']}" in text


def test_what_was_not_used_is_not_said(gait: Report) -> None:
    walked = methods_of({"a": gait})
    assert "Poses were estimated" not in walked.text
    assert "A body of constant segment lengths" not in walked.text
    reached = methods_of({"a": a_report()})
    assert "Alt Murphy" in reached.text
    assert "zeni2008" not in reached.keys
    assert "Butterworth" not in reached.text


def test_models_and_markers() -> None:
    origin = Provenance(
        neuropose_version="0.1.0", model="metrabs-eff2s", model_sha256={"a": "ab" * 32}
    )
    found = methods_of(
        {
            "a": a_report(
                provenance=ReportProvenance(neuropose_version="0.1.0", predictions=origin)
            ),
            "b": a_report(
                provenance=ReportProvenance(
                    neuropose_version="0.1.0", inputs=(InputFile(kind="c3d", sha256="0" * 64),)
                )
            ),
        }
    )
    assert "sarandi2021" in found.keys
    assert "abababababab" in found.text
    assert "Marker trajectories were read from C3D files" in found.text


def test_positions_estimated_from_video_are_no_marker_trajectories() -> None:
    provenance = ReportProvenance(
        neuropose_version="0.1.0", inputs=(InputFile(kind="trc", sha256="0" * 64),)
    )
    stated = Assumption(source=Source.FILE, value="one camera")
    found = methods_of({"a": a_report(provenance=provenance, assumptions={"positions": stated})})
    assert "estimated from video were read from TRC files" in found.text
    assert "Marker trajectories" not in found.text


def test_a_cohort_names_its_statistics() -> None:
    analysis = {
        "measures": [{"task": "sit-to-stand", "settings": {}}],
        "dtw": {"representation": "angles"},
        "statistics": {
            "groups": ["a", "b"],
            "adjustment": "benjamini-hochberg",
            "permutations": 999,
            "seed": 3,
            "reliability": "2,1",
            "curves": True,
        },
    }
    found = methods_of({"a": a_report("pipeline_cohort", parameters={"analysis": analysis})})
    assert {"guralnik1994", "sakoe1978", "benjamini1995", "shrout1979", "nichols2002"} <= set(
        found.keys
    )
    assert "999 permutations, seed 3" in found.text


def test_every_task_is_described() -> None:
    for name in TASKS:
        plain = name.replace("-", "_")
        assert plain in methods._TASKS, name


def test_every_source_of_a_stride_measure_has_an_entry() -> None:
    for name, definition in STRIDE_MEASURES.items():
        assert any(start in definition.source for start in methods._KEYS), name
    assert set(methods._KEYS.values()) <= set(entries())


def test_entries_can_be_read() -> None:
    for key, fields in entries().items():
        assert {"author", "title"} <= set(fields), key
        assert bibtex([key]).count("{") == bibtex([key]).count("}")
        assert cited(key).isprintable()
    years = [int(fields["year"]) for fields in entries().values() if "year" in fields]
    assert np.min(years) > 1900
