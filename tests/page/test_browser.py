"""The page in a real browser, from a file, without a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.registry import TASKS
from neuropose.checksums import sha256_of
from neuropose.cli import main
from neuropose.corrections import ContactWrong, LeaveOut, SidesExchanged
from neuropose.data import Report, VideoPredictions
from neuropose.io import load_corrections, load_video_predictions, save_video_predictions
from neuropose.page import Played, write_page
from neuropose.testing import read_number, synthetic_predictions, write_numbered_video

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

WIDTH, HEIGHT = 160, 120
FRAMES = 90
CLOCKS = {
    "30 Hz": np.arange(FRAMES) / 30.0,
    "60 Hz": np.arange(FRAMES) / 60.0,
    "variable": np.cumsum(np.tile([1 / 60, 1 / 30, 1 / 24], FRAMES // 3)) - 1 / 60,
}
Opener = Callable[..., "Page"]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens pages; at the end there must be no error, and no request but for the file."""
    contexts, troubles, requests = [], [], []

    def note_error(message: ConsoleMessage) -> None:
        if message.type == "error":
            troubles.append(message.text)

    def open_page(path: Path, **options: Any) -> Page:
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note_error)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-frame]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []
    assert [url for url in requests if not url.startswith(("file:", "blob:"))] == []


@pytest.fixture(scope="module")
def file(walk: PoseSequence, report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(path, report, Played(walk), code="S01")
    return path


@pytest.fixture(scope="module")
def poses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Predictions, with a page of them beside."""
    path = tmp_path_factory.mktemp("correcting") / "walk.poses.json"
    save_video_predictions(path, synthetic_predictions(240))
    arguments = ["--task", "gait", "--reconstruct", "off", "--code", "S 01"]
    assert main(["report", str(path), *arguments, "-o", str(path.with_name("S01.html"))]) == 0
    return path


def with_times(predictions: VideoPredictions, time_s: np.ndarray[Any, Any]) -> VideoPredictions:
    return predictions.model_copy(update={"time_s": time_s})


@pytest.fixture(scope="module", params=CLOCKS)
def filmed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a video of numbered frames."""
    folder = tmp_path_factory.mktemp("filmed")
    time_s = CLOCKS[request.param]
    predictions = with_times(
        synthetic_predictions(FRAMES, width=WIDTH, height=HEIGHT, heading_deg=180.0), time_s
    )
    video = write_numbered_video(
        folder / "clip.mp4", FRAMES, times_s=time_s, width=WIDTH, height=HEIGHT
    )
    sequence = PoseSequence.from_predictions(predictions)
    report = TASKS["rom"].run(sequence)
    write_page(folder / "report.html", report, Played(sequence, (), predictions, video))
    return folder / "report.html"


def shown(page: Page) -> set[int]:
    """Frames that the body, the joints in the picture and every curve show."""
    found = page.eval_on_selector_all(
        "canvas[data-frame]", "all => all.map(each => Number(each.dataset.frame))"
    )
    return set(found)


def in_video(page: Page) -> int | None:
    """The frame of the video, by its barcode."""
    pixels = page.evaluate(
        """async () => {
            const video = document.getElementById("video");
            const settled = () => !video.seeking && video.readyState >= 2;
            while (!settled()) await new Promise(done => setTimeout(done, 10));
            await new Promise(requestAnimationFrame);
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
            const pen = canvas.getContext("2d");
            pen.drawImage(video, 0, 0);
            const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
            const grey = [];
            for (let i = 0; i < data.length; i += 4) grey.push(data[i + 1]);
            return [canvas.height, canvas.width, grey];
        }"""
    )
    height, width, grey = pixels
    picture = np.array(grey, np.uint8).reshape(height, width)
    return read_number(np.repeat(picture[..., None], 3, axis=2))


def wait_until(page: Page, expression: str) -> None:
    """As `Page.wait_for_function`, which the page's own policy forbids."""
    for _ in range(3000):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"not within a minute: {expression}")


def scrub(page: Page, row: int) -> None:
    page.eval_on_selector(
        "#scrub",
        "(range, row) => { range.value = row; range.dispatchEvent(new Event('input')); }",
        row,
    )


def serious_faults(page: Page) -> list[tuple[str, list[Any]]]:
    """Faults of accessibility that axe finds, and where."""
    axe = resources.files("axe_playwright_python") / "axe.min.js"
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations")
    return [
        (each["id"], [node["target"] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


class TestInSync:
    def test_scrubbing_moves_everything_to_one_frame(self, opened: Opener, filmed: Path) -> None:
        page = opened(filmed)
        for row in (FRAMES - 1, 1, 17, 44, 63, 0):
            scrub(page, row)
            assert shown(page) == {row}
            assert in_video(page) == row
        page.click("#ahead")
        page.click("#ahead")
        page.click("#back")
        assert shown(page) == {1}
        assert in_video(page) == 1

    def test_many_jumps_end_at_the_last(self, opened: Opener, filmed: Path) -> None:
        page = opened(filmed)
        for row in (80, 3, 55, 12, 71):
            scrub(page, row)
        assert in_video(page) == 71
        assert shown(page) == {71}

    def test_playing_and_pausing(self, opened: Opener, filmed: Path) -> None:
        page = opened(filmed)
        page.select_option("#speed", "0.5")
        page.click("#play")
        wait_until(page, "Number(document.documentElement.dataset.frame) >= 12")
        page.click("#play")
        [frame] = shown(page)
        assert frame >= 12
        number = in_video(page)
        assert number is not None
        assert abs(number - frame) <= 1
        page.wait_for_timeout(100)
        assert shown(page) == {frame}

    def test_the_joints_lie_on_the_person(self, opened: Opener, filmed: Path) -> None:
        page = opened(filmed)
        painted = (
            "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)"
        )
        drawn = f"canvas => ({painted})(canvas).data.some(value => value > 0)"
        assert page.eval_on_selector("#overlay", drawn)
        page.uncheck("#show-overlay")
        assert not page.eval_on_selector("#overlay", drawn)


class TestWithoutVideo:
    def test_it_plays_to_the_end(self, opened: Opener, walk: PoseSequence, file: Path) -> None:
        page = opened(file)
        page.select_option("#speed", "2")
        scrub(page, len(walk) - 40)
        page.click("#play")
        wait_until(page, "document.getElementById('play').textContent === 'Play'")
        assert shown(page) == {len(walk) - 1}

    def test_an_event_is_gone_to(self, opened: Opener, report: Report, file: Path) -> None:
        page = opened(file)
        event = report.events[3]
        page.click("summary:has-text('Events and stretches')")
        page.click(f"button[data-time='{event.time_s}'] >> nth=0")
        [frame] = shown(page)
        assert frame / 60.0 == pytest.approx(event.time_s, abs=0.51 / 60.0)

    def test_the_next_event(self, opened: Opener, report: Report, file: Path) -> None:
        page = opened(file)
        page.click("#next")
        [frame] = shown(page)
        assert frame / 60.0 == pytest.approx(report.events[0].time_s, abs=0.51 / 60.0)

    def test_a_click_on_an_event_of_the_time_line(
        self, opened: Opener, report: Report, walk: PoseSequence, file: Path
    ) -> None:
        page = opened(file)
        event = next(each for each in report.events if each.side == "right")
        box = page.locator("#line").bounding_box()
        assert box is not None
        x = box["width"] * (event.time_s - walk.time_s[0]) / walk.duration_s
        page.mouse.click(box["x"] + x + 2, box["y"] + 30)
        [frame] = shown(page)
        assert frame / 60.0 == pytest.approx(event.time_s, abs=0.51 / 60.0)

    def test_a_cycle_is_looped(self, opened: Opener, report: Report, file: Path) -> None:
        page = opened(file)
        columns = [column.name for column in report.tables["strides"].columns]
        start_s = float(report.tables["strides"].rows[0][columns.index("start")] or 0)
        end_s = float(report.tables["strides"].rows[0][columns.index("end")] or 0)
        page.select_option("#loop", "0")
        page.select_option("#speed", "2")
        assert shown(page) == {int(np.floor(start_s * 60.0 + 1e-6))}
        page.evaluate(
            """() => { window.seen = []; new MutationObserver(() =>
                window.seen.push(Number(document.documentElement.dataset.frame)))
                .observe(document.documentElement, { attributeFilter: ["data-frame"] }); }"""
        )
        page.click("#play")
        wait_until(page, "window.seen.some((each, k) => k && each < window.seen[k - 1])")
        seen = page.evaluate("window.seen")
        assert min(seen) >= np.floor(start_s * 60.0 + 1e-6)
        assert max(seen) <= np.floor(end_s * 60.0 + 1e-6)

    def test_the_readings_are_the_angles(self, opened: Opener, file: Path) -> None:
        page = opened(file)
        scrub(page, 100)
        readings = page.locator("#plots .fine").all_text_contents()
        assert len(readings) == 3
        angle = r"−?\d+\.\d ± \d+\.\d"
        assert all(re.fullmatch(f"left {angle} +right {angle}", each) for each in readings)

    def test_the_body_turns(self, opened: Opener, file: Path) -> None:
        page = opened(file)
        picture = "canvas => canvas.toDataURL()"
        before = page.eval_on_selector("#body", picture)
        page.click("[data-turn='0.2618']")
        assert page.eval_on_selector("#body", picture) != before


class TestKeys:
    def test_frames_seconds_and_ends(self, opened: Opener, walk: PoseSequence, file: Path) -> None:
        page = opened(file)
        for key, frame in (
            ("ArrowRight", 1),
            ("ArrowRight", 2),
            ("ArrowLeft", 1),
            ("Shift+ArrowRight", 61),
            ("Shift+ArrowLeft", 1),
            ("End", len(walk) - 1),
            ("ArrowRight", len(walk) - 1),
            ("Home", 0),
            ("ArrowLeft", 0),
        ):
            page.keyboard.press(key)
            assert shown(page) == {frame}, key

    def test_the_slider_has_the_same_keys(self, opened: Opener, file: Path) -> None:
        page = opened(file)
        page.focus("#scrub")
        page.keyboard.press("ArrowRight")
        assert shown(page) == {1}
        assert "frame 1" in str(page.get_attribute("#scrub", "aria-valuetext"))

    def test_space_plays_and_pauses(self, opened: Opener, file: Path) -> None:
        page = opened(file)
        page.keyboard.press("Space")
        assert page.text_content("#play") == "Pause"
        page.keyboard.press("Space")
        assert page.text_content("#play") == "Play"

    def test_events_and_a_loop(self, opened: Opener, file: Path) -> None:
        page = opened(file)
        page.keyboard.press("n")
        page.keyboard.press("n")
        [second] = shown(page)
        page.keyboard.press("p")
        assert max(shown(page)) < second
        page.keyboard.press("l")
        assert page.input_value("#loop") != ""
        page.keyboard.press("l")
        assert page.input_value("#loop") == ""

    def test_everything_can_be_reached(self, opened: Opener, file: Path) -> None:
        page = opened(file)
        reached = set()
        for _ in range(30):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate("document.activeElement.id || document.activeElement.tagName")
            )
        assert {"play", "back", "ahead", "next", "previous", "speed", "loop", "scrub"} <= reached


class TestLooks:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [390, 1280])
    def test_axe_finds_nothing_serious(
        self, opened: Opener, file: Path, scheme: str, width: int
    ) -> None:
        page = opened(file, color_scheme=scheme, viewport={"width": width, "height": 900})
        for summary in page.locator("summary").all():
            summary.click()
        assert serious_faults(page) == []

    @pytest.mark.parametrize("width", [390, 820, 1600])
    def test_nothing_is_wider_than_the_window(self, opened: Opener, file: Path, width: int) -> None:
        page = opened(file, viewport={"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_left_and_right_need_no_scrolling_on_a_telephone(
        self, opened: Opener, file: Path
    ) -> None:
        page = opened(file, viewport={"width": 390, "height": 844})
        for side in ("left", "right"):
            box = page.locator(f'[data-measure="stance_{side}"]').bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
        region = page.locator('.scroll[aria-label="Measures"]')
        assert region.evaluate("each => each.scrollWidth <= each.clientWidth")

    def test_dark_and_light_differ(self, opened: Opener, file: Path) -> None:
        looks = [
            opened(file, color_scheme=scheme).eval_on_selector("#body", "c => c.toDataURL()")
            for scheme in ("light", "dark")
        ]
        assert looks[0] != looks[1]

    def test_it_is_printed_without_controls(self, opened: Opener, file: Path) -> None:
        page = opened(file)
        page.emulate_media(media="print")
        assert not page.is_visible("#player")
        assert page.is_visible("table.measures")
        assert page.locator("svg.plot").count() == 3

    def test_a_name_with_markup_runs_nothing(
        self, opened: Opener, walk: PoseSequence, report: Report, tmp_path: Path
    ) -> None:
        path = tmp_path / "evil.html"
        write_page(path, report, Played(walk), code="<script>document.title = 'x'</script>")
        page = opened(path)
        assert page.title() == "<script>document.title = 'x'</script>: gait"
        assert page.text_content(".code") == "<script>document.title = 'x'</script>"


class TestCorrecting:
    def test_a_saved_patch_corrects_the_predictions(self, opened: Opener, poses: Path) -> None:
        page = opened(poses.with_name("S01.html"))
        page.click("summary:has-text('Correct')")
        page.fill("#by", "reader 2")
        page.select_option("#wrong", "sides")
        page.select_option("#limbs", "legs")
        scrub(page, 30)
        page.click("[data-here='from-frame']")
        scrub(page, 35)
        page.click("[data-here='to-frame']")
        page.click("#add")
        page.select_option("#wrong", "leave_out")
        page.fill("#from-frame", "100")
        page.fill("#to-frame", "104")
        page.click("#add")
        page.select_option("#wrong", "contact")
        page.select_option("#event", "2")
        page.click("#add")
        assert page.locator("#corrections li").count() == 3
        with page.expect_download() as started:
            page.click("#save")
        assert started.value.suggested_filename == "S_01.corrections.json"
        patch = poses.with_name("S_01.corrections.json")
        started.value.save_as(patch)
        sides, stretch, contact = load_corrections(patch).corrections
        assert isinstance(sides, SidesExchanged)
        assert (sides.first_frame, sides.last_frame, sides.limbs, sides.track) == (
            30,
            35,
            "legs",
            0,
        )
        assert (sides.by, sides.input_sha256) == ("reader 2", sha256_of(poses))
        assert isinstance(stretch, LeaveOut)
        assert (stretch.start_s, stretch.end_s) == pytest.approx((100 / 30, 104 / 30))
        assert isinstance(contact, ContactWrong)
        assert contact.at_s is None
        assert main(["correct", str(poses), str(patch)]) == 0
        corrected = load_video_predictions(poses.with_name("walk.corrected.poses.json"))
        [gap] = corrected.metadata.gaps
        assert (gap.first_frame, gap.last_frame) == (100, 104)

    def test_with_the_keyboard_alone(self, opened: Opener, poses: Path) -> None:
        page = opened(poses.with_name("S01.html"))
        page.focus("summary:has-text('Correct')")
        page.keyboard.press("Enter")
        page.focus("#wrong")
        page.keyboard.type("a stretch")
        for number in ("10", "20"):
            page.keyboard.press("Tab")
            page.keyboard.type(number)
            page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("KL")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.text_content("#correct-said") == "Added."
        assert "left out, 0.333 to 0.667 s (KL)" in str(page.text_content("#corrections"))
        assert shown(page) == {0}
        page.focus("#corrections button")
        page.keyboard.press("Space")
        assert page.locator("#corrections li").count() == 0
        assert page.is_disabled("#save")

    @pytest.mark.parametrize(
        ("by", "first", "last", "said"),
        [
            ("", "1", "2", "Say who corrects"),
            ("KL", "", "2", "Give two frames"),
            ("KL", "1", "9999", "Give two frames"),
            ("KL", "9", "2", "before the first"),
        ],
    )
    def test_what_is_wrong_is_said(
        self, opened: Opener, poses: Path, by: str, first: str, last: str, said: str
    ) -> None:
        page = opened(poses.with_name("S01.html"))
        page.click("summary:has-text('Correct')")
        page.fill("#by", by)
        page.fill("#from-frame", first)
        page.fill("#to-frame", last)
        page.click("#add")
        assert said in str(page.text_content("#correct-said"))
        assert page.locator("#corrections li").count() == 0

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [390, 1280])
    def test_axe_finds_nothing_serious_in_it(
        self, opened: Opener, poses: Path, scheme: str, width: int
    ) -> None:
        page = opened(
            poses.with_name("S01.html"),
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
        )
        page.click("summary:has-text('Correct')")
        page.fill("#by", "KL")
        page.select_option("#wrong", "contact")
        page.click("#add")
        assert page.locator("#corrections li").count() == 1
        assert serious_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_a_page_of_markers_has_none(self, opened: Opener, file: Path) -> None:
        page = opened(file)
        assert page.locator("#correct").count() == 0
