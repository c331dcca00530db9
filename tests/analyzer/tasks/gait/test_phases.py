"""Which events make a stride."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analyzer.tasks.gait.walks import event

from neuropose.analyzer.tasks.gait.definitions import STRIDE_MEASURES
from neuropose.analyzer.tasks.gait.foot_events.find import FootEvent
from neuropose.analyzer.tasks.gait.phases import NEEDED, StrideEvents, stride_events


def walk(*, without: tuple[int, ...] = (), swapped: bool = False) -> list[FootEvent]:
    """Two strides a side of 1 s, 62 % stance, right half a stride after left."""
    events = []
    for number in range(3):
        start = float(number)
        events += [
            event("left", "initial_contact", start),
            event("right", "foot_off", start + 0.12, 0.8),
            event("right", "initial_contact", start + 0.5, 0.9),
            event("left", "foot_off", start + (0.48 if swapped else 0.62), 0.7),
        ]
    kept = [each for number, each in enumerate(events) if number not in without]
    return sorted(kept, key=lambda each: each.time_s)


def left(events: list[FootEvent]) -> list[StrideEvents]:
    return [each for each in stride_events(events) if each.side == "left"]


def test_times_of_an_ordinary_stride() -> None:
    times = left(walk())[0].times()
    assert times == pytest.approx(
        {
            "stride_time": 1.0,
            "cadence": 120.0,
            "step_time": 0.5,
            "stance": 62.0,
            "swing": 38.0,
            "initial_double_support": 12.0,
            "single_support": 38.0,
            "terminal_double_support": 12.0,
        }
    )


def test_sides_are_seen_from_their_own_contact() -> None:
    [right] = [each for each in stride_events(walk()) if each.side == "right"][:1]
    assert right.first.time_s == 0.5
    assert right.times()["initial_double_support"] == pytest.approx(12.0)
    assert right.times()["step_time"] == pytest.approx(0.5)


def test_every_measure_says_which_events_it_needs() -> None:
    assert set(NEEDED) == set(STRIDE_MEASURES)


def test_a_value_is_as_sure_as_the_least_sure_of_its_events() -> None:
    stride = left(walk())[0]
    assert stride.confidence("stride_time") == 1.0
    assert stride.confidence("step_time") == 0.9
    assert stride.confidence("initial_double_support") == 0.8
    assert stride.confidence("stance") == 0.7


@pytest.mark.parametrize(
    ("missing", "lost"),
    [
        (1, {"initial_double_support", "single_support"}),
        (2, {"step_time", "initial_double_support", "single_support", "terminal_double_support"}),
        (3, {"stance", "swing", "terminal_double_support"}),
    ],
)
def test_what_an_event_was_needed_for_is_not_there(missing: int, lost: set[str]) -> None:
    stride = left(walk(without=(missing,)))[0]
    assert set(left(walk())[0].times()) - set(stride.times()) == lost
    assert stride.times()["stride_time"] == 1.0
    assert all(stride.confidence(name) == 0.0 for name in lost)


def test_two_foot_offs_are_none() -> None:
    events = sorted([*walk(), event("left", "foot_off", 0.7)], key=lambda each: each.time_s)
    assert left(events)[0].own_off is None
    assert left(events)[1].own_off is not None


def test_a_false_contact_of_the_other_foot_is_not_chosen_from() -> None:
    events = sorted([*walk(), event("right", "initial_contact", 0.3)], key=lambda e: e.time_s)
    assert left(events)[0].opposite is None
    assert left(events)[0].other_off is None


def test_a_double_support_may_be_negative() -> None:
    assert left(walk(swapped=True))[0].times()["terminal_double_support"] == pytest.approx(-2.0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["left", "right"]),
            st.sampled_from(["initial_contact", "foot_off"]),
            st.floats(0.0, 20.0),
        ),
        max_size=30,
        unique_by=lambda each: each[2],
    )
)
def test_any_events_make_sound_strides(listed: list[tuple[str, str, float]]) -> None:
    events = [event(*each) for each in sorted(listed, key=lambda each: each[2])]
    contacts = {
        side: sum(e.side == side and e.kind == "initial_contact" for e in events)
        for side in ("left", "right")
    }
    strides = stride_events(events)
    assert len(strides) == sum(max(0, count - 1) for count in contacts.values())
    for stride in strides:
        times = stride.times()
        assert times["stride_time"] > 0.0
        if "stance" in times:
            assert times["stance"] + times["swing"] == pytest.approx(100.0)
            assert 0.0 < times["stance"] < 100.0
        parts = ("initial_double_support", "single_support", "terminal_double_support")
        if all(part in times for part in parts):
            assert sum(times[part] for part in parts) == pytest.approx(times["stance"])
