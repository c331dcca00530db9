// What moves on the pages: the jobs as they change, and actions without leaving the page.
"use strict";

const live = document.getElementById("live");
const said = document.getElementById("said");

// What happened and what to do; what is in another language than the page is marked as that.
function say(told) {
  if (!said) return;
  const parts = ["done", "error", "hint"].filter((name) => told[name]).map((name) => {
    const part = document.createElement("span");
    part.textContent = told[name];
    if (told.languages?.[name]) part.lang = told.languages[name];
    return part;
  });
  said.replaceChildren(...parts.flatMap((part) => [" – ", part]).slice(1));
  said.hidden = false;
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

function advance(progress) {
  const parts = [filled(live.dataset.advance, { number: progress.number, count: progress.count, percent: Math.round(progress.percent) })];
  if (progress.frames_per_second !== null) {
    parts.push(filled(live.dataset.speed, { speed: progress.frames_per_second.toFixed(1) }));
  }
  if (progress.seconds_left !== null) {
    const left = Math.round(progress.seconds_left);
    parts.push(filled(live.dataset.left, { minutes: Math.floor(left / 60), seconds: String(left % 60).padStart(2, "0") }));
  }
  return parts.join(" · ");
}

let asked = false;
let again = false;
let isLeaving = false;

// One request at a time, however many changes there are, and none while the page is out of sight.
async function anew() {
  if (isLeaving) return;
  if (asked || document.hidden) { again = true; return; }
  asked = true;
  again = false;
  try {
    const answer = await fetch(live.dataset.source + location.search, { headers: { Accept: "text/html" } });
    if (answer.redirected) { location.reload(); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live") || page.body;
    const active = document.activeElement;
    const place = active && live.contains(active) ? [active.tagName, active.getAttribute("href"), active.getAttribute("aria-label")] : null;
    if (answer.status === 404 && live.dataset.key) { location.assign("/jobs"); return; }
    if (answer.ok) live.replaceChildren(...fresh.childNodes);
    if (place) {
      for (const other of live.querySelectorAll(place[0])) {
        if (other.getAttribute("href") === place[1] && other.getAttribute("aria-label") === place[2]) { other.focus(); break; }
      }
    }
  } catch {
    // The site is gone for a moment; the stream of events comes back with it.
  } finally {
    setTimeout(() => { asked = false; if (again) anew(); }, 300);
  }
}

function show(message) {
  for (const [state, count] of Object.entries(message.counts)) {
    const place = live.querySelector(`[data-count="${state}"]`);
    if (place) place.textContent = count;
  }
  let isOther = message.anew;
  for (const job of message.changed) {
    const place = live.querySelector(`[data-key="${CSS.escape(job.key)}"]`);
    const bar = place && place.querySelector("progress");
    if (place && bar && job.progress && place.dataset.state === job.state) {
      bar.value = job.progress.percent;
      place.querySelector(".advance").textContent = advance(job.progress);
    } else if (place || !live.dataset.key) {
      isOther = true;
    }
  }
  if (isOther) anew();
}

function receive(kind, data) {
  if (kind === "jobs") show(data);
  else if (kind === "daemon") anew();
  else if (kind === "error") delete document.documentElement.dataset.live;
  else if (kind === "hello") {
    document.documentElement.dataset.live = "yes";
    anew(); // what was missed since the page was made, or since the stream was cut
  }
}

// All tabs share one stream; where a browser cannot do that, only the tab in sight has one.
function listenShared() {
  const { port } = new SharedWorker("/static/events.js");
  port.addEventListener("message", (message) => receive(message.data.kind, message.data.data));
  port.start();
  addEventListener("pagehide", () => port.postMessage("bye"));
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

function listenAlone() {
  let events = null;
  const follow = () => {
    if (document.hidden) {
      if (events !== null) events.close();
      events = null;
    } else if (events === null) {
      events = new EventSource("/events");
      for (const kind of ["jobs", "daemon"]) {
        events.addEventListener(kind, (event) => receive(kind, JSON.parse(event.data)));
      }
      for (const kind of ["hello", "error"]) events.addEventListener(kind, () => receive(kind, null));
    }
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

if (live) {
  if (window.SharedWorker) listenShared();
  else listenAlone();
  document.addEventListener("visibilitychange", () => { if (!document.hidden && again) anew(); });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.classList.contains("action")) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  isLeaving = Boolean(live && live.dataset.key) && form.action.endsWith("/remove");
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)) });
    const told = await answer.json();
    if (isLeaving && answer.ok) { location.assign("/jobs"); return; }
    isLeaving = false;
    say(told);
    if (live) await anew();
  } catch {
    form.submit();
  } finally {
    button.disabled = false;
  }
});
