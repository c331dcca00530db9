"""What a person does in a browser, and what is seen there."""

from __future__ import annotations

import base64
import io
import zipfile
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    Shown = Callable[..., "Page"]
DROP = """
([files, target]) => {
  const transfer = new DataTransfer();
  for (const [name, content] of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { lastModified: 1 }));
  }
  for (const type of ["dragenter", "dragover", "drop"]) {
    document.querySelector(target).dispatchEvent(
      new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }
}
"""


def drop(page: Page, files: dict[str, bytes]) -> None:
    said = [[name, base64.b64encode(content).decode()] for name, content in files.items()]
    page.evaluate(DROP, [said, "#drop"])
    page.wait_for_function(
        "count => document.querySelectorAll('#list li').length === count", arg=len(files)
    )


def zipped(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def said(page: Page, text: str) -> None:
    page.wait_for_function(
        "text => document.querySelector('#upload-said').textContent.includes(text)", arg=text
    )


def serious_faults(page: Page) -> list[Any]:
    axe = resources.files("axe_playwright_python") / "axe.min.js"
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run({ iframes: false })).violations")
    return [
        (each["id"], [node["target"] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
