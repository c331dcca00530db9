"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const page = JSON.parse($("movement").textContent);
  const MISSING = -32768;

  // ---- the data -----------------------------------------------------------------------------
  function bytes(text) {
    const raw = atob(text);
    const out = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
    return out.buffer;
  }
  const time = new Float64Array(bytes(page.time));
  const count = time.length, start = time[0], end = time[count - 1];
  const body = page.body;
  body.positions = new Int16Array(bytes(body.positions));
  const joints = body.joints.length;
  const picture = page.picture;
  if (picture) picture.points = new Int16Array(bytes(picture.points));
  for (const plot of page.plots) {
    for (const curve of plot.curves) {
      curve.values = new Float32Array(bytes(curve.values));
      curve.errors = curve.errors && new Float32Array(bytes(curve.errors));
    }
  }

  /** The last row that begins at or before a time. */
  function rowAt(t) {
    let low = 0, high = count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (time[middle] <= t + 1e-6) low = middle; else high = middle - 1;
    }
    return low;
  }
  /** A time safely within the row, so that a video shows its picture and no neighbour's. */
  function within(row) {
    const next = row + 1 < count ? time[row + 1] : time[row] + (time[row] - time[Math.max(0, row - 1)] || 0.02);
    return time[row] + 0.4 * (next - time[row]);
  }

  // ---- colours, which follow the theme --------------------------------------------------------
  let ink = {};
  function readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["left", "right", "middle", "soft", "ink", "rule", "floor", "doubt", "stage"]) {
      ink[name] = style.getPropertyValue(`--${name}`).trim();
    }
  }

  /** A canvas with as many points as the screen has, drawn in CSS pixels. */
  function sized(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return { pen, width, height };
  }

  // ---- what is shown --------------------------------------------------------------------------
  let row = 0, playing = false, loop = null, span = 0, from = start;
  const video = $("video");

  function show(next) {
    row = Math.max(0, Math.min(count - 1, next));
    drawBody();
    drawOverlay();
    follow();
    drawCursor();
    $("scrub").value = row;
    const clock = `${time[row].toFixed(3)} s · frame ${row + page.first_frame}`;
    $("clock").textContent = clock;
    $("scrub").setAttribute("aria-valuetext", clock);
    document.documentElement.dataset.frame = row + page.first_frame;
  }

  /** Go to a row; the video follows as fast as it can. */
  function go(next) {
    show(next);
    if (video) seek(within(row));
    else origin = null;
  }

  let wanted = null;
  function seek(t) {
    if (video.seeking || video.readyState < 1) { wanted = t; return; }
    wanted = null;
    video.currentTime = t;
  }
  if (video) {
    const parts = new Uint8Array(bytes($("footage").textContent));
    video.src = URL.createObjectURL(new Blob([parts], { type: "video/mp4" }));
    const goOn = () => { if (wanted !== null) seek(wanted); };
    video.addEventListener("seeked", goOn);
    video.addEventListener("loadedmetadata", () => { if (wanted === null) wanted = within(row); goOn(); });
    video.addEventListener("ended", () => { if (playing) ended(); });
  }

  // ---- playing --------------------------------------------------------------------------------
  let origin = null; // of a movement without a video: when what was shown
  function bounds() { return loop ? [loop.start_s, loop.end_s] : [start, end]; }
  function ended() {
    if (loop) { go(rowAt(loop.start_s)); if (video) video.play().catch(pause); return; }
    pause();
  }
  function play() {
    const [first, last] = bounds();
    if (time[row] < first - 1e-6 || row >= rowAt(last)) go(rowAt(first));
    playing = true;
    origin = null;
    $("play").textContent = "Pause";
    if (video) {
      video.playbackRate = speed();
      video.play().catch(pause);
      if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(pictured);
      else requestAnimationFrame(tick);
    } else requestAnimationFrame(tick);
  }
  function pause() {
    playing = false;
    $("play").textContent = "Play";
    if (video) { video.pause(); seek(within(row)); }
  }
  const speed = () => Number($("speed").value);
  function advance(t) {
    const [, last] = bounds();
    if (t >= last) { show(rowAt(last)); ended(); } else show(rowAt(t));
  }
  function pictured(_, picture) {
    if (!playing) return;
    if (!video.seeking) advance(picture.mediaTime + 1e-4);
    if (playing) video.requestVideoFrameCallback(pictured);
  }
  function tick(now) {
    if (!playing) return;
    if (video) { if (!video.seeking) advance(video.currentTime); }
    else {
      if (origin === null) origin = { now, t: time[row] };
      advance(origin.t + speed() * (now - origin.now) / 1000);
    }
    if (playing) requestAnimationFrame(tick);
  }

  // ---- the body in the room -------------------------------------------------------------------
  const view = { yaw: 0, pitch: 0.12 };
  const at = (r, j, axis) => body.positions[(r * joints + j) * 3 + axis];
  const there = (r, j) => at(r, j, 0) !== MISSING;
  const extent = (() => {
    let top = 0, low = [Infinity, Infinity], high = [-Infinity, -Infinity];
    const step = Math.max(1, Math.floor(count / 500));
    for (let r = 0; r < count; r += step) {
      for (let j = 0; j < joints; j++) {
        if (!there(r, j)) continue;
        top = Math.max(top, at(r, j, 1));
        for (const [k, axis] of [[0, 0], [1, 2]]) {
          low[k] = Math.min(low[k], at(r, j, axis));
          high[k] = Math.max(high[k], at(r, j, axis));
        }
      }
    }
    const wide = Math.max(high[0] - low[0], high[1] - low[1], 0);
    return { top: (top || 1800) * body.unit_mm, wide: wide * body.unit_mm,
      x: (low[0] + high[0]) / 2 * body.unit_mm || 0, z: (low[1] + high[1]) / 2 * body.unit_mm || 0 };
  })();

  let centre = { x: 0, z: 0 };
  function middleOf(r) {
    let x = 0, z = 0, n = 0;
    for (let j = 0; j < joints; j++) {
      if (there(r, j)) { x += at(r, j, 0); z += at(r, j, 2); n++; }
    }
    return n ? { x: x / n * body.unit_mm, z: z / n * body.unit_mm } : null;
  }

  function drawBody() {
    const canvas = $("body");
    const { pen, width, height } = sized(canvas);
    const follows = $("follow").checked;
    if (follows) centre = middleOf(row) || centre;
    else centre = { x: extent.x, z: extent.z };
    const room = follows ? Math.max(1.2 * extent.top, 1500) : Math.max(1.3 * extent.top, extent.wide * height / width * 1.1);
    const scale = height / room;
    const far = 4 * Math.max(extent.top, follows ? 0 : extent.wide, 1500);
    const [cy, sy, cp, sp] = [Math.cos(view.yaw), Math.sin(view.yaw), Math.cos(view.pitch), Math.sin(view.pitch)];
    const place = (x, y, z) => {
      const [px, pz, py] = [x - centre.x, z - centre.z, y - 0.5 * extent.top];
      const across = px * cy - pz * sy, near = px * sy + pz * cy;
      const up = py * cp - near * sp, depth = near * cp + py * sp;
      const k = scale * far / Math.max(0.2 * far, far - depth);
      return [width / 2 + across * k, height / 2 - up * k, depth];
    };
    // the floor, half a metre a square
    pen.strokeStyle = ink.floor;
    pen.lineWidth = 1;
    const reach = follows ? 2000 : Math.max(2000, 0.6 * extent.wide), cell = 500;
    const x0 = Math.round((centre.x - reach) / cell) * cell, z0 = Math.round((centre.z - reach) / cell) * cell;
    pen.beginPath();
    for (let k = 0; k * cell <= 2 * reach; k++) {
      for (const ends of [[x0 + k * cell, z0, x0 + k * cell, z0 + 2 * reach], [x0, z0 + k * cell, x0 + 2 * reach, z0 + k * cell]]) {
        const a = place(ends[0], 0, ends[1]), b = place(ends[2], 0, ends[3]);
        pen.moveTo(a[0], a[1]);
        pen.lineTo(b[0], b[1]);
      }
    }
    pen.stroke();
    const points = [];
    for (let j = 0; j < joints; j++) {
      points.push(there(row, j) ? place(at(row, j, 0) * body.unit_mm, at(row, j, 1) * body.unit_mm, at(row, j, 2) * body.unit_mm) : null);
    }
    const bones = body.bones.filter(([a, b]) => points[a] && points[b])
      .sort((one, other) => points[one[0]][2] + points[one[1]][2] - points[other[0]][2] - points[other[1]][2]);
    drawBones(pen, points, bones, Math.max(2, 0.011 * height), ink.stage);
    if (!bones.length) {
      pen.fillStyle = ink.soft;
      pen.font = "14px system-ui, sans-serif";
      pen.textAlign = "center";
      pen.fillText("nobody was found in this frame", width / 2, height / 2);
    }
    canvas.dataset.frame = row + page.first_frame;
  }

  function drawBones(pen, points, bones, thick, rim) {
    pen.lineCap = "round";
    for (const [a, b, side] of bones) {
      pen.beginPath();
      pen.moveTo(points[a][0], points[a][1]);
      pen.lineTo(points[b][0], points[b][1]);
      pen.strokeStyle = rim;
      pen.lineWidth = thick + 2;
      pen.stroke();
      pen.strokeStyle = ink[side];
      pen.lineWidth = thick;
      pen.stroke();
    }
  }

  function drawOverlay() {
    const canvas = $("overlay");
    if (!canvas) return;
    const { pen, width, height } = sized(canvas);
    canvas.dataset.frame = row + page.first_frame;
    if (!picture || !$("show-overlay").checked) return;
    const scale = Math.min(width / picture.width, height / picture.height);
    const left = (width - scale * picture.width) / 2, top = (height - scale * picture.height) / 2;
    const points = [];
    for (let j = 0; j < picture.joints; j++) {
      const place = (row * picture.joints + j) * 2;
      const x = picture.points[place];
      points.push(x === MISSING ? null : [left + scale * picture.unit_px * x, top + scale * picture.unit_px * picture.points[place + 1]]);
    }
    drawBones(pen, points, picture.bones.filter(([a, b]) => points[a] && points[b]), Math.max(1.5, 0.006 * height), "#10141a");
  }

  // ---- the time line and the curves -----------------------------------------------------------
  const line = $("line");
  const LANES = ["left", "right", "body", "doubt"];
  const GUTTER = 52;
  const to = () => (span ? Math.min(end, from + span) : end);
  const placeOf = (t, width, gutter) => gutter + (t - from) / Math.max(1e-9, to() - from) * (width - gutter);
  const timeOf = (x, width, gutter) => from + (x - gutter) / (width - gutter) * (to() - from);

  /** Keep the shown stretch where it is until what is shown leaves it. */
  function follow(anyway = false) {
    let next = from;
    if (!span || span >= end - start) next = start;
    else if (time[row] < from || time[row] > from + span) {
      next = Math.max(start, Math.min(end - span, time[row] - 0.1 * span));
    }
    if (next !== from || anyway) { from = next; drawStatic(); }
  }

  const backgrounds = new Map();
  /** Keep a drawn canvas, to draw the cursor over it again and again. */
  function keep(canvas) {
    let copy = backgrounds.get(canvas);
    if (!copy) backgrounds.set(canvas, copy = document.createElement("canvas"));
    copy.width = canvas.width;
    copy.height = canvas.height;
    if (canvas.width && canvas.height) copy.getContext("2d").drawImage(canvas, 0, 0);
  }

  function drawStatic() {
    drawLine();
    for (const plot of page.plots) drawPlot(plot);
  }

  function tint(pen, colour, alpha, draw) {
    pen.globalAlpha = alpha;
    pen.fillStyle = colour;
    draw();
    pen.globalAlpha = 1;
  }

  function drawLine() {
    const { pen, width } = sized(line);
    const [first, last] = [from, to()];
    LANES.forEach((_, lane) => tint(pen, ink.rule, 0.45, () => pen.fillRect(0, lane * 20 + 9, width, 1)));
    for (const mark of page.marks) {
      const until = mark.end_s === null ? mark.start_s : mark.end_s;
      if (until < first || mark.start_s > last) continue;
      const y = LANES.indexOf(mark.lane) * 20;
      const x = placeOf(mark.start_s, width, 0);
      const colour = mark.lane === "doubt" ? ink.doubt : mark.lane === "body" ? ink.middle : ink[mark.lane];
      if (mark.end_s !== null) {
        const wide = Math.max(2, placeOf(mark.end_s, width, 0) - x);
        const thin = mark.kind !== "stance" && mark.lane !== "doubt" && mark.lane !== "body";
        if (thin) tint(pen, colour, 0.35, () => pen.fillRect(x, y + 17, wide - 1, 2));
        else tint(pen, colour, mark.lane === "doubt" ? 0.8 : 0.3, () => pen.fillRect(x, y + 3, Math.max(2, wide - 1), 13));
      } else {
        pen.fillStyle = colour;
        pen.fillRect(x - 1, y + 1, 2, 17);
        if (mark.kind === "foot_off") pen.fillRect(x - 1, y + 1, 6, 2);
        else pen.fillRect(x - 4, y + 16, 8, 2);
      }
    }
    drawTicks(pen, width, 0, 94, 80);
    keep(line);
  }

  function steps(low, high, most) {
    const rough = (high - low) / most || 1;
    const size = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((k) => k * size).find((k) => k >= rough);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
    return { found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
  }

  function drawTicks(pen, width, gutter, bottom, top) {
    const { found, digits } = steps(from, to(), Math.max(2, Math.floor(width / 90)));
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "center";
    for (const t of found) {
      const x = placeOf(t, width, gutter);
      pen.fillStyle = ink.rule;
      pen.fillRect(x, top, 1, 4);
      pen.fillStyle = ink.soft;
      pen.fillText(`${t.toFixed(digits)} s`, Math.min(width - 16, Math.max(gutter + 16, x)), bottom);
    }
  }

  function drawPlot(plot) {
    const { pen, width, height } = sized(plot.canvas);
    const [first, last] = [from, to()];
    const top = 6, bottom = height - 8;
    if (plot.low === undefined) {
      plot.low = Infinity; plot.high = -Infinity;
      for (const curve of plot.curves) {
        for (const value of curve.values) {
          if (value < plot.low) plot.low = value;
          if (value > plot.high) plot.high = value;
        }
      }
      if (plot.low > plot.high) [plot.low, plot.high] = [0, 1];
      const room = Math.max(0.06 * (plot.high - plot.low), (1 - plot.high + plot.low) / 2);
      plot.low -= room; plot.high += room;
    }
    const up = (value) => bottom - (value - plot.low) / (plot.high - plot.low) * (bottom - top);
    const { found, digits } = steps(plot.low, plot.high, 5);
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "right";
    for (const value of found) {
      pen.fillStyle = ink.rule;
      pen.fillRect(GUTTER, Math.round(up(value)), width - GUTTER, 1);
      pen.fillStyle = ink.soft;
      pen.fillText(value.toFixed(digits).replace("-", "−"), GUTTER - 6, up(value) + 4);
    }
    for (const curve of plot.curves) {
      const a = Math.max(0, Math.floor((first - plot.start_s) * plot.rate_hz));
      const b = Math.min(curve.values.length - 1, Math.ceil((last - plot.start_s) * plot.rate_hz));
      pen.strokeStyle = ink[curve.side];
      pen.lineWidth = 1.8;
      pen.globalAlpha = curve.doubtful ? 0.55 : 1;
      pen.setLineDash(curve.doubtful ? [5, 3] : []);
      pen.beginPath();
      trace(pen, curve.values, a, b, (i) => placeOf(plot.start_s + i / plot.rate_hz, width, GUTTER), up, 2 * width);
      pen.stroke();
      pen.setLineDash([]);
      pen.globalAlpha = 1;
    }
    keep(plot.canvas);
  }

  /** Draw a curve; where there are more numbers than points, the lowest and highest of each few. */
  function trace(pen, values, a, b, x, y, most) {
    const few = Math.ceil((b - a + 1) / most);
    let gap = true;
    const put = (i) => { if (gap) pen.moveTo(x(i), y(values[i])); else pen.lineTo(x(i), y(values[i])); gap = false; };
    for (let i = a; i <= b; i += few) {
      if (few === 1) { if (Number.isNaN(values[i])) gap = true; else put(i); continue; }
      let low = -1, high = -1;
      for (let k = i; k < Math.min(b + 1, i + few); k++) {
        if (Number.isNaN(values[k])) continue;
        if (low < 0 || values[k] < values[low]) low = k;
        if (high < 0 || values[k] > values[high]) high = k;
      }
      if (low < 0) { gap = true; continue; }
      put(Math.min(low, high));
      if (low !== high) put(Math.max(low, high));
    }
  }

  function drawCursor() {
    for (const [canvas, copy] of backgrounds) {
      const gutter = canvas === line ? 0 : GUTTER;
      const { pen, width, height } = sized(canvas);
      pen.save();
      pen.setTransform(1, 0, 0, 1, 0, 0);
      if (copy.width && copy.height) pen.drawImage(copy, 0, 0);
      pen.restore();
      if (loop) {
        const [a, b] = [placeOf(loop.start_s, width, gutter), placeOf(loop.end_s, width, gutter)];
        tint(pen, ink.left, 0.1, () => pen.fillRect(Math.max(a, gutter), 0, Math.min(b, width) - Math.max(a, gutter), height));
      }
      const x = placeOf(time[row], width, gutter);
      pen.fillStyle = ink.ink;
      pen.fillRect(Math.min(width - 1.5, Math.max(gutter, x - 0.75)), 0, 1.5, canvas === line ? 80 : height);
      if (canvas !== line) readings(pen, canvas, x, width, height);
      canvas.dataset.frame = row + page.first_frame;
    }
  }

  function readings(pen, canvas, x, width) {
    const plot = page.plots.find((each) => each.canvas === canvas);
    const i = Math.round((time[row] - plot.start_s) * plot.rate_hz);
    const decimals = plot.unit === "deg" ? 1 : 0;
    const said = plot.curves.map((curve) => {
      const at = Math.max(0, Math.min(curve.values.length - 1, i)), value = curve.values[at];
      let shown = Number.isNaN(value) ? "–" : value.toFixed(decimals).replace("-", "−");
      if (!Number.isNaN(value) && curve.errors && !Number.isNaN(curve.errors[at])) shown += ` ± ${curve.errors[at].toFixed(decimals)}`;
      return curve.side === "middle" ? shown : `${curve.side} ${shown}`;
    });
    plot.reading.textContent = said.join("   ");
  }

  for (const plot of page.plots) {
    const figure = document.createElement("figure"), caption = document.createElement("figcaption");
    const title = document.createElement("span");
    title.textContent = `${plot.title}, ${plot.unit}`;
    plot.reading = document.createElement("span");
    plot.reading.className = "fine";
    plot.canvas = document.createElement("canvas");
    plot.canvas.setAttribute("role", "img");
    plot.canvas.setAttribute("aria-label", `${plot.title} over time, ${plot.unit}`);
    caption.append(title, plot.reading);
    figure.append(caption, plot.canvas);
    $("plots").append(figure);
    scrubbing(plot.canvas, GUTTER);
  }
  scrubbing(line, 0);

  function scrubbing(canvas, gutter) {
    let held = false;
    const move = (event) => go(rowAt(Math.max(start, Math.min(end, timeOf(event.offsetX, canvas.clientWidth, gutter)))));
    canvas.addEventListener("pointerdown", (event) => {
      held = true;
      canvas.setPointerCapture(event.pointerId);
      const mark = canvas === line ? nearest(event) : null;
      if (mark) go(rowOf(mark.start_s)); else move(event);
    });
    canvas.addEventListener("pointermove", (event) => { if (held) move(event); });
    canvas.addEventListener("pointerup", () => { held = false; });
    canvas.addEventListener("pointercancel", () => { held = false; });
  }

  /** The row whose time is nearest: an event lies between two frames. */
  function rowOf(t) {
    const before = rowAt(t);
    return before + 1 < count && time[before + 1] - t < t - time[before] ? before + 1 : before;
  }

  function nearest(event) {
    const lane = LANES[Math.floor(event.offsetY / 20)];
    const t = timeOf(event.offsetX, line.clientWidth, 0), near = 6 / line.clientWidth * (to() - from);
    let best = null, distance = near;
    for (const mark of page.marks) {
      if (mark.lane === lane && mark.end_s === null && Math.abs(mark.start_s - t) <= distance) {
        [best, distance] = [mark, Math.abs(mark.start_s - t)];
      }
    }
    return best;
  }
  function under(event) {
    const lane = LANES[Math.floor(event.offsetY / 20)];
    const t = timeOf(event.offsetX, line.clientWidth, 0);
    return page.marks.filter((mark) => mark.lane === lane && mark.end_s !== null && mark.start_s <= t && t <= mark.end_s);
  }
  line.addEventListener("pointermove", (event) => {
    const found = [nearest(event), ...under(event)].filter(Boolean);
    $("hover").textContent = found.length
      ? found.map((mark) => `${mark.label}, ${mark.start_s.toFixed(3)}${mark.end_s === null ? "" : ` to ${mark.end_s.toFixed(3)}`} s`).join(" · ")
      : "\u00a0";
  });
  line.addEventListener("pointerleave", () => { $("hover").textContent = "\u00a0"; });

  // ---- controls -------------------------------------------------------------------------------
  const moments = [...new Set(page.marks.filter((mark) => mark.end_s === null || mark.lane === "doubt" || mark.kind === "turn")
    .map((mark) => rowOf(mark.start_s)))].sort((a, b) => a - b);
  const cycles = page.marks.filter((mark) => mark.cycle && mark.end_s > start && mark.start_s < end);
  cycles.forEach((cycle, number) => {
    const option = document.createElement("option");
    option.value = number;
    option.textContent = `${cycle.label}, ${cycle.start_s.toFixed(2)} s`;
    $("loop").append(option);
  });
  function toLoop(number) {
    loop = number === "" ? null : cycles[Number(number)];
    $("loop").value = number;
    if (loop) go(rowAt(loop.start_s + 1e-6)); else show(row);
  }
  const jump = (next) => { if (next !== undefined) go(next); };
  const later = () => jump(moments.find((each) => each > row));
  const earlier = () => jump(moments.filter((each) => each < row).pop());
  $("play").addEventListener("click", () => (playing ? pause() : play()));
  $("back").addEventListener("click", () => { if (playing) pause(); go(row - 1); });
  $("ahead").addEventListener("click", () => { if (playing) pause(); go(row + 1); });
  $("next").addEventListener("click", later);
  $("previous").addEventListener("click", earlier);
  $("scrub").addEventListener("input", () => go(Number($("scrub").value)));
  $("speed").addEventListener("change", () => { if (video) video.playbackRate = speed(); origin = null; });
  $("loop").addEventListener("change", () => toLoop($("loop").value));
  $("span").addEventListener("change", () => { span = Number($("span").value); follow(true); drawCursor(); });
  $("follow").addEventListener("change", drawBody);
  if ($("show-overlay")) $("show-overlay").addEventListener("change", drawOverlay);
  for (const button of document.querySelectorAll("[data-time]")) {
    button.addEventListener("click", () => go(rowOf(Number(button.dataset.time))));
  }
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => {
      [view.yaw, view.pitch] = button.dataset.view.split(",").map(Number);
      drawBody();
    });
  }
  for (const button of document.querySelectorAll("[data-turn]")) {
    button.addEventListener("click", () => { view.yaw += Number(button.dataset.turn); drawBody(); });
  }
  let grip = null;
  $("body").addEventListener("pointerdown", (event) => {
    grip = [event.clientX, event.clientY];
    $("body").setPointerCapture(event.pointerId);
  });
  $("body").addEventListener("pointermove", (event) => {
    if (!grip) return;
    view.yaw -= 0.008 * (event.clientX - grip[0]);
    view.pitch = Math.max(-0.2, Math.min(1.55, view.pitch + 0.008 * (event.clientY - grip[1])));
    grip = [event.clientX, event.clientY];
    drawBody();
  });
  for (const kind of ["pointerup", "pointercancel"]) $("body").addEventListener(kind, () => { grip = null; });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const on = event.target, tag = on.tagName;
    const ours = on.id === "scrub" || !(tag === "SELECT" || tag === "INPUT" || on.classList?.contains("scroll"));
    if (!ours || (event.key === " " && (tag === "BUTTON" || tag === "SUMMARY"))) return;
    const second = () => rowAt(time[row] + 1) - row;
    const actions = {
      " ": () => (playing ? pause() : play()),
      ArrowLeft: () => go(event.shiftKey ? rowAt(time[row] - 1) : row - 1),
      ArrowRight: () => go(row + (event.shiftKey ? Math.max(1, second()) : 1)),
      Home: () => go(0),
      End: () => go(count - 1),
      n: later, N: later, p: earlier, P: earlier,
      l: () => toLoop(loop ? "" : String(Math.max(0, cycles.findIndex((each) => each.start_s <= time[row] && time[row] <= each.end_s)))),
    };
    actions.L = actions.l;
    if (!actions[event.key] || (event.key.toLowerCase() === "l" && !cycles.length)) return;
    event.preventDefault();
    if (playing && event.key.startsWith("Arrow")) pause();
    actions[event.key]();
  });

  // ---- corrections: they are listed and saved; nothing here changes ----------------------------
  if (page.correctable) {
    const may = page.correctable, made = [];
    const events = page.marks.filter((mark) => mark.kind === "initial_contact" || mark.kind === "foot_off");
    const words = (mark) => `${mark.lane} ${mark.kind.replace("_", " ")}, ${mark.start_s.toFixed(3)} s`;
    const say = (text) => { $("correct-said").textContent = text; };
    const shownFrame = () => row + page.first_frame;

    function choose() {
      for (const part of document.querySelectorAll("[data-of]")) part.hidden = !part.dataset.of.split(" ").includes($("wrong").value);
      say("");
    }
    function nearestEvent() {
      let best = 0;
      events.forEach((mark, number) => {
        if (Math.abs(mark.start_s - time[row]) < Math.abs(events[best].start_s - time[row])) best = number;
      });
      $("event").value = String(best);
    }
    /** The rows from one field to the other; null, and a word why, if they are none. */
    function stretch() {
      const [first, last] = ["from-frame", "to-frame"].map((id) => ($(id).value === "" ? NaN : Number($(id).value)));
      const [low, high] = [page.first_frame, page.first_frame + count - 1];
      if (!Number.isInteger(first) || !Number.isInteger(last) || first < low || last > high) {
        say(`Give two frames, from ${low} to ${high}.`);
      } else if (last < first) say("The last frame is before the first.");
      else return [first, last];
      return null;
    }
    const parts = {
      subject: () => ({ text: `the patient is track ${$("patient").value}`, values: { track: Number($("patient").value) } }),
      sides: () => {
        const found = stretch(), limbs = $("limbs");
        return found && { text: `left and right exchanged, ${limbs.selectedOptions[0].textContent}, frames ${found[0]} to ${found[1]}`,
          values: { first_frame: found[0], last_frame: found[1], limbs: limbs.value, track: may.track } };
      },
      contact: () => {
        const mark = events[Number($("event").value)], at_s = $("moved").value ? time[row] : null;
        return { text: `${words(mark)}: ${at_s === null ? "is not there" : `is at ${at_s.toFixed(3)} s`}`,
          values: { event: mark.kind, side: mark.lane, time_s: mark.start_s, at_s } };
      },
      leave_out: () => {
        const found = stretch();
        if (!found) return null;
        const [start_s, end_s] = found.map((frame) => time[frame - page.first_frame]);
        return { text: `left out, ${start_s.toFixed(3)} to ${end_s.toFixed(3)} s`, values: { start_s, end_s } };
      },
    };
    function list() {
      $("corrections").replaceChildren(...made.map((each) => {
        const item = document.createElement("li"), remove = document.createElement("button");
        item.textContent = `${each.text} (${each.entry.by})`;
        remove.type = "button";
        remove.textContent = "remove";
        remove.setAttribute("aria-label", `remove: ${each.text}`);
        remove.addEventListener("click", () => {
          made.splice(made.indexOf(each), 1);
          list();
          say("Removed.");
          $("add").focus();
        });
        item.append(remove);
        return item;
      }));
      $("save").disabled = !made.length;
    }
    function add() {
      const by = $("by").value.trim(), kind = $("wrong").value;
      if (!by) { say("Say who corrects: a label is enough."); $("by").focus(); return; }
      const found = parts[kind]();
      if (!found) return;
      if (kind === "subject" && made.some((each) => each.entry.kind === kind)) { say("There is a patient already: remove that one first."); return; }
      const signed = { by, when: new Date().toISOString(), input_sha256: may.input_sha256, video: may.video };
      made.push({ text: found.text, entry: { kind, ...found.values, ...signed } });
      list();
      say("Added.");
    }
    function save() {
      const text = JSON.stringify({ schema_version: 1, corrections: made.map((each) => each.entry) }, null, 2);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "application/json" }));
      link.download = `${document.querySelector(".code").textContent.replace(/[^\w.-]+/g, "_")}.corrections.json`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      say("Saved as a file, where the browser puts downloads.");
    }
    events.forEach((mark, number) => $("event").append(new Option(words(mark), String(number))));
    $("wrong").addEventListener("change", () => { choose(); if ($("wrong").value === "contact") nearestEvent(); });
    for (const button of document.querySelectorAll("[data-here]")) {
      button.addEventListener("click", () => { $(button.dataset.here).value = shownFrame(); say(""); });
    }
    if ($("nearest")) $("nearest").addEventListener("click", nearestEvent);
    $("add").addEventListener("click", add);
    $("save").addEventListener("click", save);
    choose();
    if (events.length) nearestEvent();
  }

  function redraw() {
    readColours();
    follow(true);
    show(row);
  }
  span = end - start <= 15 ? 0 : 10;
  $("span").value = String(span);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new ResizeObserver(redraw).observe($("player"));
  redraw();
})();
