"""Traces: what each thread did, and nothing if nobody asked."""

from __future__ import annotations

import threading
import time

import pytest

from neuropose.tracing import Span, Trace, traced, working


def test_nothing_is_recorded_unless_asked_for() -> None:
    with working("decoding"):
        pass
    with traced() as trace:
        pass
    with working("decoding"):
        pass
    assert trace.spans == []


def test_threads_are_told_apart() -> None:
    def other() -> None:
        with working("drawing"):
            time.sleep(0)

    with traced() as trace:
        thread = threading.Thread(target=other, name="painter")
        with working("waiting"):
            thread.start()
            thread.join()
    assert {(span.name, span.thread) for span in trace.spans} == {
        ("drawing", "painter"),
        ("waiting", threading.current_thread().name),
    }


def test_an_error_ends_the_span_and_passes() -> None:
    with traced() as trace, pytest.raises(KeyError), working("decoding"):
        raise KeyError
    assert [span.name for span in trace.spans] == ["decoding"]


def test_work_within_work_counts_once() -> None:
    trace = Trace(
        [
            Span("conversion", "one", 1.0, 2.0, 0.5),
            Span("conversion", "one", 2.5, 3.0, 0.5),
            Span("conversion", "other", 0.5, 3.5, 3.0),
            Span("cutting out", "one", 0.0, 4.0, 1.25),
            Span("graph", "one", 4.0, 10.0, 5.0),
        ]
    )
    assert list(trace.seconds_by_name().items()) == [
        ("graph", (6.0, 5.0)),
        ("conversion", (4.5, 4.0)),
        ("cutting out", (2.5, 0.25)),
    ]


def test_events_are_those_of_chrome() -> None:
    trace = Trace([Span("graph", "one", 7.0, 7.25, 0.2), Span("graph", "other", 6.0, 6.5, 0.5)])
    events = trace.chrome_events()["traceEvents"]
    names = {event["tid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
    work = [event for event in events if event["ph"] == "X"]
    assert [names[event["tid"]] for event in work] == ["one", "other"]
    times_us = [(event["ts"], event["dur"], event["tdur"]) for event in work]
    assert times_us == [(1e6, 25e4, 2e5), (0.0, 5e5, 5e5)]
