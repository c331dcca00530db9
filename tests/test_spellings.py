"""Names that may be two spellings of one."""

from __future__ import annotations

import pytest

from neuropose.spellings import doubtful_spellings


@pytest.mark.parametrize(
    ("names", "differ"),
    [
        (("S04", "s04"), "upper and lower case"),
        (("S04", "S 04"), "spaces"),
        (("S-04", "S_04"), "hyphens or underscores"),
        (("s04", "S 04"), "upper and lower case and spaces"),
        (("Jo\u0308rg", "J\u00f6rg"), "how their letters are encoded"),
    ],
)
def test_spellings_of_one_name(names: tuple[str, ...], differ: str) -> None:
    [warning] = doubtful_spellings(names, "subject", "person")
    assert warning.endswith(f"differ only in {differ}: one person?")


@pytest.mark.parametrize("names", [("S10", "S1"), ("S100", "S10"), ("S04", "S04"), ("S4", "S04")])
def test_different_names(names: tuple[str, ...]) -> None:
    assert not list(doubtful_spellings(names, "subject", "person"))
