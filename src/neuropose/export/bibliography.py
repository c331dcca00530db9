"""The literature that methods cite: entries of BibTeX by key, and how they are cited in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from neuropose._version import __version__

_ENTRY = re.compile(r"^@(\w+)\{(\w+), (.*)\}$")
_FIELD = re.compile(r"(\w+) = \{((?:[^{}]|\{[^{}]*\})*)\}")
_ACCENT = re.compile(r"\{\\'(\w)\}")
_ACUTE = {"a": "á", "e": "é"}
SOFTWARE = "neuropose"
"""Key of the program itself."""


@cache
def entries() -> Mapping[str, Mapping[str, str]]:
    """Return the fields of every entry by its key, ``type`` among them.

    Returns
    -------
    mapping of str to mapping of str to str

    Examples
    --------
    >>> entries()["zeni2008"]["year"]
    '2008'
    """
    text = resources.files("neuropose.export").joinpath("references.bib").read_text("utf-8")
    found: dict[str, Mapping[str, str]] = {}
    for line in text.splitlines():
        matched = _ENTRY.match(line)
        assert matched, line
        kind, key, fields = matched.groups()
        found[key] = {"type": kind, **dict(_FIELD.findall(fields))}
    found[SOFTWARE] = {
        "type": "software",
        "author": "{The NeuroPose developers}",
        "title": "{NeuroPose}: validated 3{D} poses and movement measures from ordinary videos",
        "version": __version__,
    }
    return found


def cited(*keys: str) -> str:
    """Return a citation in a text.

    Parameters
    ----------
    *keys : str
        Keys of the entries.

    Returns
    -------
    str

    Examples
    --------
    >>> cited("zeni2008", "perry2010", "winter2009")
    '(Zeni et al., 2008; Perry & Burnfield, 2010; Winter, 2009)'
    """
    return f"({'; '.join(_name(key) for key in keys)})"


def bibtex(keys: Iterable[str]) -> str:
    """Return a BibTeX file.

    Parameters
    ----------
    keys : iterable of str
        Keys of the entries, in their order; each is there once.

    Returns
    -------
    str
    """
    parts = []
    for key in dict.fromkeys(keys):
        fields = dict(entries()[key])
        kind = fields.pop("type")
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        parts.append(f"@{kind}{{{key},\n{lines}\n}}\n")
    return "\n".join(parts)


def _name(key: str) -> str:
    fields = entries()[key]
    authors = [author.split(",")[0] for author in fields["author"].split(" and ")]
    plain = [_ACCENT.sub(lambda found: _ACUTE.get(found[1], found[1]), each) for each in authors]
    who = f"{plain[0]} et al." if len(plain) > 2 else " & ".join(plain)
    return f"{who.strip('{}')}, {fields.get('year', fields.get('version', ''))}"
