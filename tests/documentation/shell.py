"""The commands of a page, and what a shell makes of each."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), ROOT / "examples" / "README.md"])
_BLOCK = re.compile(r"^ *```([^\n`]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_ELSEWHERE = re.compile(r"(?<![\w./~])/(?=(?:media|data|srv)/)")
_SAID = "neuropose() { printf '%s\\0' \"$@\"; printf '\\1\\0'; }; "


@dataclass(frozen=True)
class Command:
    """A line of a shell block.

    Parameters
    ----------
    page : str
        Path below the root of the repository.
    text : str
        Without comment, its continued lines joined.
    """

    page: str
    text: str

    @property
    def is_ours(self) -> bool:
        return self.text.startswith("neuropose ")


def commands(page: Path) -> list[Command]:
    """Return the commands in the blocks without a language, in the order of the page.

    Where a block has prompts, the other lines are what the commands print.
    """
    name = str(page.relative_to(ROOT))
    found = []
    for language, block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        if language:
            continue
        lines = block.replace("\\\n", "").splitlines()
        if any(line.startswith("$ ") for line in lines):
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        plain = (re.sub(r"\s+#.*", "", line).strip() for line in lines)
        found += [Command(name, " ".join(line.split())) for line in plain if line]
    return found


def arguments(
    command: Command, folder: Path, other_disks: Path, env: Mapping[str, str]
) -> list[str]:
    """Return what a shell hands to ``neuropose``: globs, quotes and the home are the shell's."""
    text = _ELSEWHERE.sub(f"{other_disks}/", command.text)
    said = subprocess.run(
        ["bash", "-euc", _SAID + text],
        cwd=folder,
        env=dict(env),
        capture_output=True,
        check=True,
        text=True,
    )
    assert said.stderr == ""
    [words] = said.stdout.split("\0\1\0")[:-1]
    return words.split("\0")
