// SPDX-License-Identifier: Apache-2.0
// Puts a fresh fragment in place of the old one; without it the page reloads itself (noscript).
"use strict";

const REFRESH_MS = 5000;
const live = document.getElementById("live");
const lost = document.getElementById("lost");

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(live.dataset.fragment, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    show(await answer.text());
    lost.hidden = true;
  } catch {
    lost.hidden = false;
  }
}

// What a person has opened or stands on stays so.
function show(html) {
  const open = [...live.querySelectorAll("details[open]")].map((each) => each.id);
  const focused = document.activeElement?.closest("details")?.id;
  live.innerHTML = html;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.querySelector("summary").focus({ preventScroll: true });
}

document.addEventListener("visibilitychange", refresh);
setInterval(refresh, REFRESH_MS);
