// SPDX-License-Identifier: Apache-2.0
// Keeps the page as it is at the centre, without reloading it (which it does itself: noscript).
"use strict";

const SILENT_MS = 30000;
const live = document.getElementById("live");
const lost = document.getElementById("lost");
let events = null;
let silent = 0;

// A hidden page listens to nothing: a browser has few connections for one address.
function listen() {
  events?.close();
  clearTimeout(silent);
  events = null;
  if (document.hidden) return;
  events = new EventSource(live.dataset.events);
  events.addEventListener("page", (event) => {
    heard();
    const fresh = document.createElement("div");
    fresh.innerHTML = event.data;
    fit(live, fresh);
  });
  events.addEventListener("same", heard);
  events.addEventListener("error", () => {
    lost.hidden = false;
    // The browser tries again by itself, unless the centre answered with an error.
    if (events.readyState === EventSource.CLOSED) silent = setTimeout(listen, SILENT_MS);
  });
}

function heard() {
  lost.hidden = true;
  clearTimeout(silent);
  silent = setTimeout(() => {
    lost.hidden = false;
    listen();
  }, SILENT_MS);
}

// Changes only what differs: focus, selection, scroll and opened details stay as they are.
function fit(old, fresh) {
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, at) => {
    const there = before[at];
    if (!there) old.append(node);
    else if (there.nodeName !== node.nodeName || there.id !== node.id) there.replaceWith(node);
    else if (there.nodeType === Node.ELEMENT_NODE) renew(there, node);
    else if (there.data !== node.data) there.data = node.data;
  });
  before.slice(after.length).forEach((node) => node.remove());
}

function renew(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  fit(old, fresh);
}

document.addEventListener("visibilitychange", listen);
listen();
