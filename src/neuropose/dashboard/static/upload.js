// Uploads in pieces: what is cut goes on where it was, with the same files dropped again if need be.
"use strict";

const form = document.getElementById("upload");
let csrf = document.querySelector('meta[name="csrf"]').content;
const files = new Map(); // by path
let camerasPath = null;
let sending = null; // {key, stop}

const byId = (id) => document.getElementById(id);
const words = (key, values = {}) =>
  (form.dataset[key] || "").replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

function shownSize(bytes) {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

function say(text, problems = []) {
  byId("upload-said").textContent = text;
  byId("problems").replaceChildren(...problems.map((problem) => marked("li", problem, "text")));
}

// What is in another language than the page is marked as that.
function marked(tag, told, name) {
  const part = document.createElement(tag);
  part.textContent = told[name];
  if (told.languages?.[name]) part.lang = told.languages[name];
  return part;
}

function sayRefusal(told) {
  say("", told.problems);
  const names = told.problems?.length && told.hint ? ["hint"] : ["error", "hint"]; // the error is listed
  const parts = names.filter((name) => told[name]).map((name) => marked("span", told, name));
  byId("upload-said").replaceChildren(...parts.flatMap((part) => [" – ", part]).slice(1));
}

function add(path, file) {
  if (sending) return;
  files.set(path, file);
}

function list() {
  const total = [...files.values()].reduce((sum, file) => sum + file.size, 0);
  byId("chosen").textContent = words("waiting", { count: files.size, size: shownSize(total) });
  const shown = [...files].slice(0, 100).map(([path, file]) => {
    const line = document.createElement("li");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "link";
    remove.textContent = "×";
    remove.setAttribute("aria-label", `${words("left")}: ${path}`);
    remove.addEventListener("click", () => { if (!sending) { files.delete(path); list(); } });
    line.append(`${path} (${shownSize(file.size)}) `, remove);
    return line;
  });
  if (files.size > shown.length) {
    const more = document.createElement("li");
    more.textContent = `… ${files.size - shown.length}`;
    shown.push(more);
  }
  byId("list").replaceChildren(...shown);
}

// Folders are walked; a reader gives at most a hundred entries at once.
async function walk(entry, before) {
  if (entry.isFile) {
    add(before + entry.name, await new Promise((resolve, reject) => entry.file(resolve, reject)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const found = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!found.length) return;
    for (const each of found) await walk(each, `${before}${entry.name}/`);
  }
}

async function dropped(transfer) {
  const entries = [...transfer.items]
    .map((item) => (item.webkitGetAsEntry ? item.webkitGetAsEntry() : null))
    .filter((entry) => entry);
  if (entries.length) {
    for (const entry of entries) await walk(entry, "");
  } else {
    for (const file of transfer.files) add(file.name, file);
  }
  list();
}

// A session ends when the dashboard is started again, or in time; a page that is new has a new one.
async function renewed() {
  const answer = await fetch("/upload", { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.querySelector('meta[name="csrf"]')?.content;
  const isOther = Boolean(found) && found !== csrf;
  if (isOther) csrf = found;
  return isOther;
}

async function ask(address, method, body, headers = {}) {
  const once = () => fetch(address, {
    method,
    body,
    headers: { Accept: "application/json", "X-CSRF-Token": csrf, ...headers },
  });
  let answer = await once();
  if ((answer.status === 401 || answer.status === 403) && await renewed()) answer = await once();
  const said = await answer.json().catch(() => ({}));
  return { status: answer.status, said };
}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

// What is worth another try: the connection, or a server that is just being started again.
async function patiently(work) {
  for (let wait = 1; ; wait = Math.min(2 * wait, 30)) {
    if (sending.stop) throw new Error("given up");
    try {
      const { status, said } = await work();
      if ((status < 500 && status !== 408) || status === 507) return { status, said };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // that is what a cut connection is
    }
    say(words("again", { seconds: wait }));
    await pause(wait);
  }
}

async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Refused extends Error {
  constructor(said) {
    super(said.error || "");
    this.said = said;
  }
}

function checked({ status, said }) {
  if (status >= 400) throw new Refused(said);
  return said;
}

async function send(paths) {
  const all = paths.map((path) => files.get(path));
  const manifest = {
    files: paths.map((path, number) => ({ path, size_bytes: all[number].size, modified_ms: all[number].lastModified })),
  };
  const total = all.reduce((sum, file) => sum + file.size, 0);
  const begun = checked(await patiently(() => ask("/uploads", "POST", JSON.stringify(manifest), { "Content-Type": "application/json" })));
  const at = [...begun.offsets];
  sending.key = begun.upload;
  const bar = byId("progress");
  bar.hidden = false;
  let before = at.reduce((sum, offset) => sum + offset, 0);
  const began = performance.now();
  if (before) say(words("wentOn", { size: shownSize(before) }));
  const start = before;
  for (let number = 0; number < all.length; number += 1) {
    while (at[number] < all[number].size) {
      if (sending.stop) throw new Error("given up");
      const from = at[number];
      let piece;
      try {
        piece = await all[number].slice(from, from + begun.piece_bytes).arrayBuffer();
      } catch {
        throw new Refused({ error: words("changed", { path: paths[number] }) });
      }
      const sha256 = await digest(piece);
      const { status, said } = await patiently(() =>
        ask(`/uploads/${begun.upload}/${number}`, "PATCH", piece, {
          "Content-Type": "application/octet-stream", "Upload-Offset": String(from), "Upload-SHA256": sha256,
        }));
      if ((status === 409 || status === 422) && Number.isInteger(said.offset) && said.offset !== from) {
        before += said.offset - from;
        at[number] = said.offset; // it had arrived; only the answer was lost
      } else {
        const offset = checked({ status, said }).offset;
        before += offset - from;
        at[number] = offset;
      }
      bar.max = total || 1;
      bar.value = before;
      const speed = (before - start) / Math.max(performance.now() - began, 1) * 1000;
      const left = speed ? Math.round((total - before) / speed) : 0;
      say(words("sending", { done: shownSize(before), total: shownSize(total), seconds: left }));
    }
  }
  return begun.upload;
}

function wanted() {
  const fields = new FormData(form);
  const said = { job: fields.get("job").trim() || null, per_video: fields.has("per_video"), cameras: camerasPath };
  const tasks = fields.getAll("tasks");
  if (tasks.length) {
    said.session = { tasks, video: fields.has("video"), overlay: fields.has("overlay") };
    for (const name of ["affected_side", "code", "date"]) {
      const value = fields.get(name).trim();
      if (value) said.session[name] = value;
    }
    if (fields.get("height_mm")) said.session.height_mm = Number(fields.get("height_mm"));
    if (fields.has("level")) said.session.up = "-y";
  }
  return said;
}

function busy(is) {
  byId("send").disabled = is;
  byId("give-up").hidden = !is;
}

async function all(event) {
  event.preventDefault();
  if (sending) return;
  if (!files.size) { say(words("noFiles")); return; }
  const cameras = byId("cameras").files[0];
  camerasPath = null;
  if (cameras) {
    camerasPath = files.has(cameras.name) ? `cameras-${cameras.name}` : cameras.name;
    files.set(camerasPath, cameras);
  }
  sending = { key: null, stop: false };
  busy(true);
  try {
    const key = await send([...files.keys()]);
    say(words("checking"));
    const { jobs } = checked(await patiently(() =>
      ask(`/uploads/${key}/jobs`, "POST", JSON.stringify(wanted()), { "Content-Type": "application/json" })));
    say(words("made", { jobs: jobs.map((job) => job.name).join(", ") }));
    files.clear();
    list();
    const link = document.createElement("a");
    link.href = "/jobs";
    link.textContent = document.querySelector('nav a[href="/jobs"]').textContent;
    byId("upload-said").append(" ", link);
  } catch (error) {
    if (error instanceof Refused) {
      sayRefusal(error.said);
    } else if (sending.stop) {
      if (sending.key) await ask(`/uploads/${sending.key}`, "DELETE");
      say(words("givenUp"));
    } else {
      throw error;
    }
  } finally {
    if (camerasPath) files.delete(camerasPath);
    sending = null;
    busy(false);
    byId("progress").hidden = true;
  }
}

if (form) {
  const drop = byId("drop");
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    dropped(event.dataTransfer);
  });
  // Beside the place for files, a dropped one must not open in the place of the page.
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => event.preventDefault());
  }
  for (const id of ["files", "folder"]) {
    byId(id).addEventListener("change", (event) => {
      for (const file of event.target.files) add(file.webkitRelativePath || file.name, file);
      event.target.value = "";
      list();
    });
  }
  form.addEventListener("submit", all);
  byId("give-up").addEventListener("click", () => { if (sending) sending.stop = true; });
  addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });
}
