"""Names that are the same in Unicode: one job for whoever types it, two where both are shown."""

from __future__ import annotations

import pytest

from neuropose.errors import JobError
from neuropose.interfacer.names import apart, composed, known_spelling, printable, same_name

COMPOSED, DECOMPOSED = "Gang f\u00fcr", "Gang fu\u0308r"


def test_the_same_in_unicode() -> None:
    assert composed(DECOMPOSED) == COMPOSED
    assert same_name(DECOMPOSED.upper()) == same_name(COMPOSED)


def test_alone_a_name_is_shown_as_it_is() -> None:
    for name in (COMPOSED, DECOMPOSED):
        assert apart(name, [name, "Gang fur"]) == printable(name) == name


def test_two_that_look_alike_are_shown_apart() -> None:
    both = [COMPOSED, DECOMPOSED]
    assert [apart(name, both) for name in both] == [COMPOSED, r"Gang fu\u0308r"]


def test_either_spelling_names_the_job() -> None:
    assert known_spelling(COMPOSED, [DECOMPOSED]) == DECOMPOSED
    assert known_spelling(DECOMPOSED, [COMPOSED]) == COMPOSED
    assert known_spelling(DECOMPOSED, [COMPOSED, DECOMPOSED]) == DECOMPOSED
    assert known_spelling("anna", [COMPOSED]) == "anna"


def test_a_third_spelling_of_two_jobs_is_refused() -> None:
    one, two, third = "\u1e69", "s\u0323\u0307", "\u1e63\u0307"
    with pytest.raises(JobError, match="there are jobs") as caught:
        known_spelling(third, [one, two])
    assert r"\u0323" in str(caught.value)
