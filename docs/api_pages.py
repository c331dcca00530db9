"""Sphinx extension: the API reference, made from the package as it is.

A module is public if it says what it exports (``__all__``) or is a file directly in the package.
Each has a page. A name that several modules export is described on the page of the innermost of
them, and the others link to it, so no list of modules or names is kept by hand.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import pydoc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

PACKAGE = "neuropose"
FOLDER = "reference/api"

logger = logging.getLogger(__name__)
aliases: dict[str, str] = {}
"""Where a name is described, by each path that it can be imported from."""


@dataclass(frozen=True)
class Entry:
    """A public name: the module that exports it, and what it stands for."""

    module: str
    name: str
    value: Any
    doc: str

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def summary(self) -> str:
        return " ".join(self.doc.partition("\n\n")[0].split())

    def is_same(self, other: Entry) -> bool:
        return self.name == other.name and self.value is other.value


def public_modules() -> Iterator[ModuleType]:
    """Import the public modules, the package itself first."""
    package = importlib.import_module(PACKAGE)
    yield package
    for info in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        _, *inner = info.name.split(".")
        if not any(part.startswith("_") for part in inner) and (info.ispkg or len(inner) == 1):
            module = importlib.import_module(info.name)
            if hasattr(module, "__all__") or not info.ispkg:
                yield module


def entries(module: ModuleType) -> list[Entry]:
    """List what a public module exports, or defines if it does not say."""
    documented = attribute_docs(module.__name__)
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (name in documented or getattr(value, "__module__", None) == module.__name__)
    ]
    return [
        Entry(module.__name__, name, value := getattr(module, name), doc_of(module, name, value))
        for name in names
        if not name.startswith("_")
    ]


def doc_of(module: ModuleType, name: str, value: object) -> str:
    """Return the docstring, which a constant has below its assignment, wherever that is."""
    if inspect.isclass(value) or inspect.isroutine(value):
        return inspect.getdoc(value) or ""
    homes = [module.__name__]
    if hasattr(module, "__path__"):
        inner = pkgutil.walk_packages(module.__path__, f"{module.__name__}.")
        homes += [info.name for info in inner]
    for home in homes:
        doc = attribute_docs(home).get(name)
        if doc and getattr(importlib.import_module(home), name) is value:
            return doc
    return ""


def attribute_docs(module: str) -> dict[str, str]:
    found = ModuleAnalyzer.for_module(module).find_attr_docs()
    return {name: "\n".join(lines) for (owner, name), lines in found.items() if not owner}


def write_pages(app: Sphinx) -> None:
    """Write the sources of the pages; those that have not changed are left alone."""
    modules = list(public_modules())
    exported = {module.__name__: entries(module) for module in modules}
    every = [entry for listed in exported.values() for entry in listed]
    pages = {"index": index([module.__name__ for module in modules])}
    for module in modules:
        listed = exported[module.__name__]
        homes = [max(filter(entry.is_same, every), key=depth) for entry in listed]
        aliases.update((entry.path, home.path) for entry, home in zip(listed, homes, strict=True))
        pages[module.__name__] = page(module.__name__, homes)
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for stale in {*folder.glob("*.rst")} - {folder / f"{name}.rst" for name in pages}:
        stale.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def depth(entry: Entry) -> int:
    return entry.module.count(".")


def index(modules: list[str]) -> str:
    return "\n".join(
        [
            *heading("Python API", "="),
            "Made from the docstrings. Import a name from any module that lists it; modules that",
            "are not listed here are internal, and change without notice.",
            "",
            ".. toctree::",
            "   :maxdepth: 1",
            "",
            *(f"   {module}" for module in modules),
            "",
        ]
    )


def page(module: str, listed: list[Entry]) -> str:
    lines = [*heading(module, "="), f".. automodule:: {module}", ""]
    lines += [".. list-table::", "   :widths: 30 70", ""]
    for entry in listed:
        if not entry.doc:
            logger.warning("%s has no docstring", entry.path)
        lines += [f"   * - :py:obj:`{entry.name} <{entry.path}>`", f"     - {entry.summary}"]
    for entry in listed:
        if entry.module == module:
            lines += ["", *directive(entry)]
    return "\n".join([*lines, ""])


def directive(entry: Entry) -> list[str]:
    if inspect.isclass(entry.value):
        kind = "exception" if issubclass(entry.value, BaseException) else "class"
        return [f".. auto{kind}:: {entry.path}", "   :members:"]
    if inspect.isroutine(entry.value):
        return [f".. autofunction:: {entry.path}"]
    return [
        f".. py:data:: {entry.path}",
        "",
        *(f"   {line}".rstrip() for line in entry.doc.splitlines()),
    ]


def heading(text: str, underline: str) -> list[str]:
    return [text, underline * len(text), ""]


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.reference | None:
    """Link a name as docstrings write it: short, or by another path than the one of its page.

    Names of parameters find nothing and stay code. A full name must exist, at least inside.
    """
    if node.get("refdomain") != "py":
        return None
    target = str(node["reftarget"])
    path = aliases.get(target, f".{target}")
    objects = env.domains.python_domain.objects
    found = {
        (entry.docname, entry.node_id)
        for name, entry in objects.items()
        if name.endswith(path) and entry.objtype not in {"attribute", "property"}
    }
    if len(found) == 1:
        [(docname, anchor)] = found
        return make_refnode(app.builder, str(node["refdoc"]), docname, anchor, content, target)
    if target.startswith(f"{PACKAGE}.") and pydoc.locate(target) is None:
        logger.warning("there is no %s", target, location=node, type="ref")
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the pages and the links to them."""
    app.connect("builder-inited", write_pages, priority=100)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
