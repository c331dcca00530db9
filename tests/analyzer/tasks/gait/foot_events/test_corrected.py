"""Events that a person dropped or moved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.signed import SIGNED

from neuropose.analyzer import analyze_gait
from neuropose.analyzer.tasks.gait.foot_events.corrected import MOVED, with_corrections
from neuropose.analyzer.tasks.gait.foot_events.find import OUT_OF_ORDER, FootEvent
from neuropose.data.corrections import ContactWrong
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.testing import simulate_walk, walker_sequence


@pytest.fixture(scope="module")
def walk() -> PoseSequence:
    return walker_sequence(simulate_walk())


@pytest.fixture(scope="module")
def found(walk: PoseSequence) -> tuple[FootEvent, ...]:
    return analyze_gait(walk).events


def wrong(event: FootEvent, **changes: Any) -> ContactWrong:
    values = {"event": event.kind, "side": event.side, "time_s": event.time_s}
    return ContactWrong(**{**SIGNED, **values, **changes})


def test_nothing_is_touched_without_corrections(found: tuple[FootEvent, ...]) -> None:
    assert with_corrections(found, []) == (found, ())


def test_one_is_dropped_and_the_next_is_out_of_order(found: tuple[FootEvent, ...]) -> None:
    events, warnings = with_corrections(found, [wrong(found[4])])
    assert len(events) == len(found) - 1
    assert events[:4] == found[:4]
    assert events[4].flags[-1].startswith(OUT_OF_ORDER)
    assert events[4].confidence == pytest.approx(found[5].confidence / 2)
    assert events[5:] == found[6:]
    assert warnings == ()


def test_dropping_an_extra_one_puts_the_next_in_order_again(found: tuple[FootEvent, ...]) -> None:
    extra = replace(found[4], time_s=found[4].time_s - 0.2)
    disturbed, _ = with_corrections(
        [*found[:4], extra, *found[4:]], [wrong(found[0], at_s=found[0].time_s)]
    )
    assert sum(any(flag.startswith(OUT_OF_ORDER) for flag in each.flags) for each in disturbed) == 1
    events, _ = with_corrections(disturbed, [wrong(extra)])
    assert events[1:] == found[1:]


def test_one_is_moved(found: tuple[FootEvent, ...]) -> None:
    at_s = found[4].time_s + 0.03
    events, _ = with_corrections(found, [wrong(found[4], at_s=at_s)])
    assert events[4].time_s == at_s
    assert events[4].flags == (*found[4].flags, MOVED)


def test_one_that_is_not_there_is_said(found: tuple[FootEvent, ...]) -> None:
    events, [warning] = with_corrections(found, [wrong(found[4], time_s=found[4].time_s + 0.2)])
    assert events == found
    assert "where reader 2 corrected one: nothing was changed" in warning


def test_strides_and_warnings_of_an_analysis_follow(walk: PoseSequence) -> None:
    before = analyze_gait(walk)
    contact = next(each for each in before.events[6:] if each.kind == "initial_contact")
    lost = wrong(contact, time_s=0.0)
    after = analyze_gait(replace(walk, corrections=(wrong(contact), lost)))
    assert len(after.events) == len(before.events) - 1
    assert len(after.chosen()) < len(before.chosen())
    assert any("nothing was changed" in warning for warning in after.warnings)
