// One stream of changes for all tabs of a browser, which has but six connections to a site.
"use strict";

const ports = new Set();
let events = null;
let isOpen = false;

function tell(kind, data) {
  for (const port of ports) port.postMessage({ kind, data });
}

function listen() {
  if (events !== null && events.readyState !== EventSource.CLOSED) return;
  events = new EventSource("/events");
  events.addEventListener("hello", () => { isOpen = true; tell("hello", null); });
  for (const kind of ["jobs", "daemon"]) {
    events.addEventListener(kind, (event) => tell(kind, JSON.parse(event.data)));
  }
  events.addEventListener("error", () => { isOpen = false; tell("error", null); });
}

self.addEventListener("connect", (event) => {
  const port = event.ports[0];
  ports.add(port);
  port.addEventListener("message", () => { // it leaves
    ports.delete(port);
    if (ports.size === 0 && events !== null) {
      events.close();
      events = null;
      isOpen = false;
    }
  });
  port.start();
  listen();
  if (isOpen) port.postMessage({ kind: "hello", data: null });
});
