"""Who made the corrections of tests, and when."""

from __future__ import annotations

from typing import Any

SIGNED: dict[str, Any] = {
    "by": "reader 2",
    "when": "2026-03-01T08:12:00Z",
    "input_sha256": 64 * "0",
}
