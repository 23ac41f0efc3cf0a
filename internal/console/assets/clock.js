// Timers tick silently: only their text changes.
import { say, span } from "./words.js";

// The server's clock counts: what it says is compared with this machine's
// clock whenever something is fetched.
let skew = 0;

function set(text) {
  const date = Date.parse(text || "");
  if (!Number.isNaN(date)) skew = Math.round((date - Date.now()) / 1000) * 1000;
}

export function setClock(response) {
  set(response.headers.get("Date"));
}

const now = () => Date.now() + skew;

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function tick() {
  for (const t of document.querySelectorAll("time[data-tick]")) {
    const at = Date.parse(t.dateTime);
    const kind = t.dataset.tick;
    if (kind === "ago" || kind === "age") {
      const age = span((now() - at) / 1000);
      put(t, kind === "ago" ? say("ago", age) : age);
      continue;
    }
    const left = (at - now()) / 1000;
    if (kind === "first") put(t, left < 0 ? say("overof", span(-left)) : say("dueof", span(left)));
    else put(t, left < 0 ? say("over", span(-left)) : say("left", span(left)));
    t.classList.toggle("late", left < 0);
    t.classList.toggle("soon", left >= 0 && left < 300);
  }
  for (const box of document.querySelectorAll("[data-hold]")) {
    const left = Math.ceil((Date.parse(box.dataset.hold) - now()) / 1000);
    const text = box.querySelector("[data-hold-text]");
    if (text) put(text, left > 0 ? say("posts", span(left)) : say("now"));
    const bar = box.querySelector("progress");
    if (bar) bar.value = Math.max(0, left);
  }
}

export function startClock() {
  set(document.body.dataset.now);
  tick();
  setInterval(tick, 1000);
}
