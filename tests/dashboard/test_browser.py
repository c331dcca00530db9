"""The pages in a real browser, with nothing but the loopback interface."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.dashboard.browsing import serious_faults
from tests.dashboard.served import PASSWORD, SCRIPT, DataDir, Site, completed, failed
from tests.dashboard.test_live import in_work

from neuropose.data import JobState
from neuropose.io import load_status

if TYPE_CHECKING:
    from playwright.sync_api import Route
    from tests.dashboard.browsing import Shown

    from neuropose.dashboard.access.access_file import AccessList

LIVE = "html[data-live]"


class TestJobs:
    def test_progress_to_done(self, shown: Shown, site: Site) -> None:
        page = shown(site)
        page.wait_for_selector(LIVE)
        row = page.locator('tr[data-key="3"]')
        assert "waiting" in row.inner_text()
        site.data.put(carla=in_work("carla", 3, 25.0))
        row.locator("progress").wait_for()
        for percent in (40.0, 75.0):
            site.data.put(carla=in_work("carla", 3, percent))
            page.wait_for_function(
                "percent => document.querySelector('progress').value === percent", arg=percent
            )
            assert f"{percent:.0f} %" in row.inner_text()
        site.data.put(carla=completed("carla", 3))
        page.locator('tr[data-key="3"][data-state="completed"]').wait_for()
        assert page.locator('[data-count="completed"]').inner_text() == "2"

    def test_a_change_while_the_page_loads(self, shown: Shown, site: Site) -> None:
        def change(route: Route) -> None:
            site.data.put(carla=completed("carla", 3))
            site.visitor().get("/jobs")  # the change is known before the page listens
            route.continue_()

        page = shown(site)
        page.route("**/static/dashboard.js", change)
        page.reload()
        page.locator('tr[data-key="3"][data-state="completed"]').wait_for()

    def test_retry_of_a_failed_job(self, shown: Shown, site: Site) -> None:
        page = shown(site)
        page.get_by_role("button", name="Try again: ben").click()
        page.locator('tr[data-key="2"][data-state="queued"]').wait_for()
        page.locator("#said", has_text="waits to be tried again").wait_for()
        assert load_status(site.data.layout.status).jobs["ben"].state is JobState.QUEUED

    def test_removal_by_keyboard(self, shown: Shown, site: Site) -> None:
        page = shown(site)
        link = page.get_by_role("link", name="ben")
        for _ in range(60):
            page.keyboard.press("Tab")
            if link.evaluate("link => link === document.activeElement"):
                break
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Remove this job").wait_for()
        page.wait_for_selector(LIVE)
        page.get_by_role("button", name="Remove for good: ben").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site.url}/jobs")
        page.locator('tr[data-key="1"]').wait_for()
        assert page.locator('tr[data-key="2"]').count() == 0
        assert not (site.data.layout.failed / "ben").exists()

    def test_a_refusal_is_said(self, shown: Shown, site: Site) -> None:
        page = shown(site)
        page.wait_for_selector(LIVE)
        button = page.get_by_role("button", name="Try again: ben")
        os.rename(site.data.layout.failed / "ben", site.data.layout.out / "ben")  # noqa: PTH104
        button.click()
        page.locator("#said:not([hidden])").wait_for()
        assert "has not failed" in page.locator("#said").inner_text()

    def test_without_scripts(self, shown: Shown, site: Site) -> None:
        page = shown(site, java_script_enabled=False)
        page.get_by_role("button", name="Try again: ben").click()
        page.locator("main", has_text="The job waits to be tried again.").wait_for()
        page.get_by_role("link", name="To the jobs").click()
        page.locator('tr[data-key="2"][data-state="queued"]').wait_for()

    def test_a_new_job_and_a_search(self, shown: Shown, site: Site) -> None:
        page = shown(site)
        page.wait_for_selector(LIVE)
        site.data.put(dora=failed(4))
        page.locator('tr[data-key="4"]').wait_for()
        page.fill('input[name="search"]', "dor")
        page.keyboard.press("Enter")
        page.wait_for_url("**/jobs?search=dor**")
        assert page.locator("tr[data-key]").count() == 1

    def test_many_tabs_of_one_browser(self, shown: Shown, site: Site) -> None:
        first = shown(site)
        tabs = [first, *(first.context.new_page() for _ in range(11))]
        for tab in tabs[1:]:
            tab.goto(f"{site.url}/jobs")
        for tab in tabs:
            tab.wait_for_selector(LIVE)
        site.data.put(carla=in_work("carla", 3, 25.0))
        for tab in tabs:
            tab.locator('tr[data-key="3"] progress').wait_for()

    def test_without_shared_workers(self, shown: Shown, site: Site) -> None:
        page = shown(site)
        page.add_init_script("delete window.SharedWorker")
        page.reload()
        page.wait_for_selector(LIVE)
        site.data.put(dora=failed(4))
        page.locator('tr[data-key="4"]').wait_for()

    def test_names_are_text(self, shown: Shown, opened: Callable[..., Site], data: DataDir) -> None:
        name = f"{SCRIPT.replace('/', '∕')}<img src=x onerror=alert(1)>"
        data.put_all({name: failed(1, videos=(SCRIPT,))})
        page = shown(opened(data))
        page.wait_for_selector(LIVE)
        data.put_all({name: failed(1, attempts=2, videos=(SCRIPT,))})
        page.get_by_role("link", name=name).click()
        page.get_by_role("heading", name=name, exact=True).wait_for()


def test_logging_in_and_out(
    shown: Shown, opened: Callable[..., Site], data: DataDir, access: AccessList
) -> None:
    data.put(ben=failed(2))
    site = opened(data, access)
    page = shown(site)
    page.fill("#name", "ben")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(LIVE)
    assert "ben, may look" in page.inner_text("header")
    assert page.locator("form.action").count() == 0
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("heading", name="Log in").wait_for()
    page.goto(f"{site.url}/jobs")
    assert page.url == f"{site.url}/login"


class TestLooks:
    PAGES = ("/jobs", "/jobs/2", "/machine", "/log", "/api")

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [360, 1280])
    def test_axe_finds_nothing_serious(
        self, shown: Shown, site: Site, scheme: str, width: int
    ) -> None:
        site.data.put(dora=in_work("dora", 4, 30.0))
        page = shown(site, color_scheme=scheme, viewport={"width": width, "height": 800})
        for path in self.PAGES:
            page.goto(site.url + path)
            assert serious_faults(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path

    def test_axe_finds_nothing_serious_before_the_login(
        self, shown: Shown, opened: Callable[..., Site], data: DataDir, access: AccessList
    ) -> None:
        page = shown(opened(data, access), viewport={"width": 360, "height": 640})
        page.wait_for_url("**/login")
        assert serious_faults(page) == []

    def test_german(self, shown: Shown, site: Site) -> None:
        page = shown(site, locale="de-DE")
        assert page.inner_text("h1") == "Aufträge"
        page.get_by_role("link", name="English").click()
        page.get_by_role("heading", name="Jobs", exact=True).wait_for()

    def test_errors_in_german(self, shown: Shown, site: Site) -> None:
        site.data.put(
            ben=failed(2, error="VideoEmptyError: the file is empty (0 bytes)"),
            dora=failed(4, error="OddError: <nothing> of this kind"),
        )
        page = shown(site, locale="de-DE")
        page.locator('tr[data-key="4"]').wait_for()
        known, odd = (page.locator(f'tr[data-key="{key}"] .line').first for key in ("2", "4"))
        assert known.inner_html() == "VideoEmptyError: Die Datei ist leer (0 Bytes)"
        assert odd.locator("[lang=en]").inner_text() == "OddError: <nothing> of this kind"
        page.wait_for_selector(LIVE)
        os.rename(site.data.layout.failed / "ben", site.data.layout.out / "ben")  # noqa: PTH104
        page.get_by_role("button", name="Erneut versuchen: ben").click()
        page.locator("#said:not([hidden])").wait_for()
        assert page.inner_text("#said") == (
            "Der Auftrag ist nicht fehlgeschlagen, er liegt in out/ – "
            "Nur fehlgeschlagene Aufträge lassen sich erneut versuchen"
        )
