"""The error tree: as drawn, as documented, and able to cross process boundaries."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuropose import errors
from neuropose.cli import _console
from neuropose.errors import Caller, NeuroPoseError, did_you_mean, said_to, told_to

DOC = Path(__file__).parents[1] / "docs" / "reference" / "exit-codes.md"


def tree(kind: type[NeuroPoseError] = NeuroPoseError) -> Iterator[type[NeuroPoseError]]:
    if kind.__module__ == errors.__name__:
        yield kind
        for child in kind.__subclasses__():
            yield from tree(child)


ALL = list(tree())


def test_the_drawing_is_the_tree() -> None:
    drawing = (errors.__doc__ or "").split("exit code\n")[1].split("\n\n")[0]
    drawn = {}
    path: list[tuple[int, str]] = [(0, "NeuroPoseError")]
    for line in drawing.splitlines():
        match = re.fullmatch(r"( +)(\w+)(?: \((\w+)\))?(?: \.+ (\d+))?", line)
        assert match, line
        indent = len(match[1])
        while path[-1][0] >= indent:
            path.pop()
        drawn[match[2]] = (path[-1][1], match[3], match[4] and int(match[4]))
        path.append((indent, match[2]))
    actual = {}
    for kind in ALL[1:]:
        parent, *builtin = kind.__bases__
        own_code = kind.exit_code if "exit_code" in vars(kind) else None
        actual[kind.__name__] = (
            parent.__name__,
            builtin[0].__name__ if builtin else None,
            own_code,
        )
    assert drawn == actual


def test_the_documented_exit_codes_are_those_of_the_tree() -> None:
    documented = {}
    for line in DOC.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\| (\d+) \| .* \| (.*?) ?\|$", line):
            documented[int(match[1])] = re.findall(r"`(\w+)`", match[2])
    expected: dict[int, list[str]] = {
        code: []
        for code in (
            0,
            _console.BUG,
            _console.WRONG_COMMAND_LINE,
            _console.INTERRUPTED,
            _console.BROKEN_PIPE,
            _console.DECLINED,
        )
    }
    for kind in ALL:
        expected.setdefault(kind.exit_code, []).append(kind.__name__)
    assert {code: sorted(names) for code, names in documented.items()} == {
        code: sorted(names) for code, names in expected.items()
    }


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_message_hint_and_code(kind: type[NeuroPoseError]) -> None:
    error = kind("it happened", hint="do this")
    assert (str(error), error.message, error.hint) == ("it happened", "it happened", "do this")
    assert error.exit_code not in (0, _console.WRONG_COMMAND_LINE)
    assert kind.__doc__


@pytest.mark.parametrize("kind", ALL)
def test_every_error_crosses_processes(kind: type[NeuroPoseError]) -> None:
    copy = pickle.loads(pickle.dumps(kind("it happened", hint="do this")))
    assert type(copy) is kind
    assert (copy.message, copy.hint) == ("it happened", "do this")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (["workers", "data_dir"], "did you mean workers? see the list"),
        (["data_dir"], "neuropose --help see the list"),
        ([], "neuropose --help see the list"),
    ],
)
def test_a_hint_names_what_is_similar(known: list[str], expected: str) -> None:
    assert (
        did_you_mean("worker", known, instead="neuropose --help", also="see the list") == expected
    )


def test_a_hint_names_several() -> None:
    known = ["stride_time_left_s", "stride_time_right_s", "sway_path_mm"]
    hint = did_you_mean("stride_time_s", known, most=3)
    assert hint == "did you mean stride_time_left_s or stride_time_right_s?"
    assert did_you_mean("stride_time_s", known, cutoff=0.99) == ""


def test_a_hint_is_in_the_words_of_who_reads_it() -> None:
    assert said_to("units", "mm") == "units='mm'"
    with told_to(Caller.COMMAND_LINE):
        assert said_to("units", "mm") == "--units mm"
        with told_to(Caller.PIPELINE_FILE):
            assert said_to("units", "mm") == "units: mm"
        assert said_to("markers", "A", of="pelvis") == "--marker pelvis=A"
    with pytest.raises(KeyError), told_to(Caller.COMMAND_LINE):
        raise KeyError
    assert said_to("units", "mm") == "units='mm'"
