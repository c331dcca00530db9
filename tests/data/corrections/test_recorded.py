"""Corrections in the provenance, and in words."""

from __future__ import annotations

import pytest
from tests.signed import SIGNED

from neuropose.data import Provenance
from neuropose.data.corrections import (
    ContactWrong,
    Correction,
    LeaveOut,
    SidesExchanged,
    corrections_of,
    said,
    with_corrections,
)
from neuropose.errors import FileFormatError


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            SidesExchanged(**SIGNED, first_frame=4, last_frame=9, limbs="legs", track=2),
            "left and right of the legs exchanged in frames 4 to 9, track 2",
        ),
        (
            ContactWrong(**SIGNED, event="foot_off", side="left", time_s=1.25),
            "the left foot off at 1.250 s is none",
        ),
        (
            ContactWrong(**SIGNED, event="foot_off", side="left", time_s=1.25, at_s=1.3),
            "the left foot off at 1.250 s is at 1.300 s",
        ),
        (LeaveOut(**SIGNED, start_s=1, end_s=2), "1.000 to 2.000 s left out"),
    ],
)
def test_who_when_and_what(made: Correction, words: str) -> None:
    assert said(made) == f"corrected by reader 2 on 2026-03-01 08:12 UTC: {words}"


def test_it_is_recorded_as_plain_json_beside_the_settings() -> None:
    before = Provenance(neuropose_version="0.1.0", model="blazepose", settings={"fov": 55.0})
    stretch = LeaveOut(**SIGNED, start_s=1, end_s=2)
    after = with_corrections(with_corrections(before, [stretch]), [stretch])
    assert after.settings["fov"] == 55.0
    assert corrections_of(Provenance.model_validate_json(after.model_dump_json())) == (
        stretch,
        stretch,
    )


def test_anything_else_under_that_name_is_refused() -> None:
    odd = Provenance(neuropose_version="0.1.0", model="x", settings={"corrections": [{"kind": 3}]})
    with pytest.raises(FileFormatError, match=r"provenance\.settings\.corrections"):
        corrections_of(odd)
