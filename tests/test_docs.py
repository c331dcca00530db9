"""What the documentation says must be so."""

from __future__ import annotations

import ast
import doctest
import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from neuropose.cli import app
from neuropose.io import load_video_predictions
from neuropose.testing import write_numbered_video

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
GENERATED = [ROOT / "docs" / "gallery", ROOT / "docs" / "reference" / "api"]
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
COMMAND = typer.main.get_command(app)


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def code_blocks(text: str, language: str) -> list[str]:
    return [block for kind, block in FENCE.findall(text) if kind == language]


def code_lines(text: str) -> Iterator[str]:
    """Lines of code blocks, and code within sentences."""
    for block in code_blocks(text, ""):
        yield from block.splitlines()
    for span in re.findall(r"`([^`]+)`", FENCE.sub("", text)):
        yield " ".join(span.split())


def neuropose_commands(text: str) -> list[list[str]]:
    """The words of every ``neuropose ...`` command, up to a pipe; of ``a|b``, both."""
    commands = []
    for line in code_lines(text):
        if line.strip().startswith("neuropose "):
            words = shlex.split(line.replace(r"\|", "|"), comments=True)[1:]
            words = words[: words.index("|") if "|" in words else None]
            commands += [list(each) for each in itertools.product(*(w.split("|") for w in words))]
    return commands


def verbs(command: object = COMMAND, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], set[str]]:
    """Every verb, and the options that it has."""
    options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    found = {path: options | {"--help"}}
    for name, inner in getattr(command, "commands", {}).items():
        found |= verbs(inner, (*path, name))
    return found


def defaults(command: object = COMMAND, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Groups in which a verb may be left out, and which one."""
    name = getattr(command, "default_command", None)
    found = {} if name is None else {path: name}
    for verb, inner in getattr(command, "commands", {}).items():
        found |= defaults(inner, (*path, verb))
    return found


def with_value(command: object = COMMAND, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The options of groups that are followed by a value, each after the group's verbs."""
    inner = getattr(command, "commands", {})
    options = command.params if inner else []
    found = {
        (*path, name) for each in options for name in each.opts if not getattr(each, "is_flag", 0)
    }
    for name, each in inner.items():
        found |= with_value(each, (*path, name))
    return found


def wrong_word(words: list[str]) -> str | None:
    """The first word of a command line that is neither a verb nor an option where it stands."""
    known = verbs()
    path: tuple[str, ...] = ()
    skip = False
    for word in words:
        is_group = any(other[:-1] == path for other in known if other)
        if skip or word in {"VERB", "…"}:
            skip = False
        elif word.startswith("-"):
            if word not in known[path]:
                return word
            skip = (*path, word) in with_value()
        elif is_group:
            inner = (*path, word)
            if inner not in known and path in defaults():
                inner = (*path, defaults()[path])
            if inner not in known:
                return word
            path = inner
    return None


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("process a.mp4 -o out/ --fov 60", None),
        ("--config a.toml models list --json", None),
        ("proces a.mp4", "proces"),
        ("process a.mp4 --fieldofview 60", "--fieldofview"),
        ("process a.mp4 --debug", "--debug"),
        ("--config a.toml dashboard --host 0.0.0.0 --access a.json", None),
        ("dashboard allowed anna", "allowed"),
        ("models fetch", "fetch"),
        ("models pull --every", "--every"),
        ("calibrate a.mp4 --board charuco:8x5:34", None),
        ("calibrate a.mp4 --paper A4", "--paper"),
    ],
)
def test_a_wrong_word_is_found(line: str, wrong: str | None) -> None:
    assert wrong_word(line.split()) == wrong


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_command_exists(page: Path) -> None:
    commands = neuropose_commands(page.read_text(encoding="utf-8"))
    assert [words for words in commands if wrong_word(words) is not None] == []


def test_commands_are_found_at_all() -> None:
    readme = neuropose_commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert ["doctor"] in readme
    assert len(readme) >= 5


@pytest.mark.parametrize("verb", [" ".join(path) for path in verbs() if path])
def test_every_verb_is_in_the_guide(verb: str) -> None:
    guide = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    words = verb.split()
    assert any(command[: len(words)] == words for command in neuropose_commands(guide))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_make_targets_exist(page: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    named = [
        match[1]
        for line in code_lines(page.read_text(encoding="utf-8"))
        if (match := re.match(r"make (?:[A-Z]+=\S+ )*([a-z-]+)", line.strip()))
    ]
    assert [target for target in named if target not in targets] == []
    if page.name == "README.md":
        assert {"demo", "test"} <= set(named)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_benchmarks_exist(page: Path) -> None:
    named = re.findall(r"python -m benchmarks\.(\w+)", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / "benchmarks" / f"{name}.py").is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_nothing_is_left_to_be_filled_in(page: Path) -> None:
    assert not re.findall(r"^[A-Z]+$|\bTODO\b", page.read_text(encoding="utf-8"), re.M)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.M)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_resolve(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if any(target.is_relative_to(folder) for folder in GENERATED):
            continue  # the build of the site follows these
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_pages_that_the_code_cites_exist() -> None:
    sources = [*ROOT.glob("src/**/*.py"), ROOT / "Dockerfile"]
    cited = {
        page
        for source in sources
        for page in re.findall(r"\bdocs/[\w/-]+\.md\b", source.read_text(encoding="utf-8"))
    }
    assert cited
    assert [page for page in sorted(cited) if not (ROOT / page).is_file()] == []


def test_the_tests_that_pin_measures_exist() -> None:
    page = (ROOT / "docs" / "reference" / "measures.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", page)
    lacking = [
        f"{path}::{names}"
        for path, names in named
        for name in names.split("::")
        if not (ROOT / path).is_file()
        or not re.search(rf"^ *(?:def|class) {name}\b", (ROOT / path).read_text("utf-8"), re.M)
    ]
    assert named
    assert lacking == []
    measures = [line for line in page.splitlines() if line.startswith("| `")]
    assert all(re.search(r"\| `tests/[\w/]+\.py::[\w:]+` \|$", line) for line in measures)


def test_the_example_of_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [example] = code_blocks((ROOT / "README.md").read_text(encoding="utf-8"), "python")
    assert example.count('load_model("blazepose")') == 1
    example = example.replace('load_model("blazepose")', "FakeModel()")
    write_numbered_video(tmp_path / "walk.mp4", 5)
    monkeypatch.chdir(tmp_path)
    exec(compile("from neuropose.testing import FakeModel\n" + example, "README.md", "exec"), {})
    written = load_video_predictions(tmp_path / "walk.poses.json")
    assert written.metadata.frame_count == 5
    assert capsys.readouterr().out.startswith("0 longest of ")


def test_the_plug_in_of_the_guide_is_the_one_that_is_tested() -> None:
    guide = (ROOT / "docs" / "guides" / "engineer.md").read_text(encoding="utf-8")
    for file in ("src/standing.py", "pyproject.toml"):
        assert f"literalinclude}} ../../examples/plugin/{file}" in guide
        assert (ROOT / "examples" / "plugin" / file).is_file()


def code_of(example: Path) -> list[str]:
    tree = ast.parse(example.read_text(encoding="utf-8"))
    body = [node for node in tree.body[1:] if not isinstance(node, ast.Import | ast.ImportFrom)]
    lines = example.read_text(encoding="utf-8").splitlines()
    return [
        line for node in body for line in lines[node.lineno - 1 : node.end_lineno] if line.strip()
    ]


@pytest.mark.parametrize("example", sorted(ROOT.glob("examples/gallery/*.py")), ids=page_id)
def test_an_example_of_the_gallery_is_short(example: Path) -> None:
    assert 0 < len(code_of(example)) <= 15


@pytest.mark.parametrize(
    "page", [page for page in PAGES if ">>>" in page.read_text(encoding="utf-8")], ids=page_id
)
def test_the_examples_of_a_page(page: Path) -> None:
    blocks = code_blocks(page.read_text(encoding="utf-8"), "python")
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page.name, None, None)
    report: list[str] = []
    found = doctest.DocTestRunner(verbose=False).run(examples, out=report.append)
    assert found.attempted > 0
    assert found.failed == 0, "".join(report)


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[Unreleased\]$", changelog, re.MULTILINE)
