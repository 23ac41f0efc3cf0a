// Live changes. The server only says that something changed; then this page
// looks. Nothing is inserted, removed or moved under pointer or focus: new
// rows are offered, ended ones dim, a card that changed freezes.
import { say, tell } from "./words.js";

const gap = 1000; // milliseconds between two looks
const slow = 30000; // between looks without a live channel

let desk;
let last = 0;
let waiting;
let source;

function look() {
  clearTimeout(waiting);
  const rest = last + gap - performance.now();
  waiting = setTimeout(() => {
    last = performance.now();
    if (desk.busy()) look();
    else if (!document.hidden) refresh();
  }, Math.max(0, rest));
}

async function refresh() {
  try {
    await Promise.all([lookAtQueue(), lookAtCard(), lookAtNotice()]);
    online();
  } catch {
    offline();
  }
}

async function fetchPart(url, part) {
  const at = new URL(url, location.href);
  at.searchParams.set("part", part);
  const { response, page } = await desk.get(at);
  return response.ok ? page : null;
}

async function lookAtQueue() {
  const queue = document.getElementById("queue");
  if (!queue) return;
  const page = await fetchPart(queue.dataset.url, "queue");
  if (!page) return;
  banners(page);
  const now = new Map([...page.querySelectorAll("#rows .row")].map((r) => [r.dataset.id, r]));
  const shown = [...document.querySelectorAll("#rows .row")];
  for (const row of shown) {
    if (!now.has(row.dataset.id) && !page.querySelector(".more")) desk.end(row.dataset.id, say("ended"));
  }
  for (const row of shown) {
    const old = row.querySelector(".deciding");
    const text = now.get(row.dataset.id)?.querySelector(".deciding")?.textContent ?? "";
    if (old && old.textContent !== text) old.textContent = text;
  }
  const known = new Set(shown.map((r) => r.dataset.id));
  const fresh = [...now.keys()].filter((id) => !known.has(id)).length;
  offer(fresh, page);
}

// banners show at once what concerns everybody: a stop, a broken connection.
function banners(page) {
  const old = document.getElementById("banners");
  const fresh = page.getElementById("banners");
  if (old && fresh && !old.contains(document.activeElement) && old.innerText !== fresh.innerText) desk.put("#banners", page);
}

function offer(fresh, page) {
  const button = document.getElementById("fresh");
  button.onclick = () => load(page);
  button.hidden = fresh === 0;
  if (!fresh) return;
  const text = fresh === 1 ? say("fresh1") : say("fresh", fresh);
  if (button.textContent !== text) button.textContent = text;
  tell(text);
}

// load shows the list as it is now, because somebody asked for it.
function load(page) {
  const id = document.querySelector("#card")?.dataset.id;
  desk.put("#queue", page);
  desk.mark(id);
  const rows = [...document.querySelectorAll("#rows .row > a")];
  const at = rows.find((a) => a.hasAttribute("aria-current")) || rows[0];
  at?.focus();
  if (at && !id) desk.choose(at);
}

async function lookAtCard() {
  const card = document.querySelector("#card[data-id]");
  if (!card) return;
  const page = await fetchPart(card.dataset.url, "card");
  const fresh = page?.querySelector("#card[data-id]");
  if (!fresh || desk.busy() || !card.isConnected || fresh.dataset.id !== card.dataset.id) return;
  const same = ["state", "hash", "revision"].every((k) => fresh.dataset[k] === card.dataset[k]);
  if (same) return showDeciding(card, page);
  if (card.dataset.open === "true") freeze(card, fresh);
  else if (!card.contains(document.activeElement) || document.activeElement.id === "card-title") desk.put("#card", page);
}

// showDeciding says who is deciding now, unless a hand is on the buttons.
function showDeciding(card, page) {
  const old = card.querySelector("#deciding");
  const fresh = page.querySelector("#deciding");
  if (!old || !fresh || old.innerHTML === fresh.innerHTML) return;
  if (!card.querySelector(".actions:hover") && !old.contains(document.activeElement)) desk.put("#deciding", page);
}

// freeze takes the buttons away and says why; typed text stays.
function freeze(card, fresh) {
  const box = document.getElementById("frozen");
  const why = fresh.querySelector("#status p")?.textContent.trim();
  box.querySelector("span").textContent = fresh.dataset.state === card.dataset.state ? say("newer") : why || say("newer");
  if (!box.hidden) return;
  box.hidden = false;
  for (const b of card.querySelectorAll(".actions button, .actions summary, .actions a")) {
    if (b.dataset.key === "Esc") continue;
    b.disabled = true;
    b.hidden = true;
  }
  box.scrollIntoView({ block: "nearest" });
}

async function lookAtNotice() {
  const done = document.querySelector("#notice [data-done]");
  if (!done || done.contains(document.activeElement)) return;
  const at = new URL(location.href);
  at.searchParams.set("done", done.dataset.done);
  const { response, page } = await desk.get(at);
  const fresh = page.querySelector("#notice [data-done]");
  if (response.ok && fresh && fresh.dataset.state !== done.dataset.state) {
    desk.put("#notice", page);
    desk.end(fresh.dataset.done, fresh.dataset.label);
  }
}

function offline() {
  if (document.querySelector(".offline-note")) return;
  const note = document.createElement("p");
  note.className = "offline-note";
  note.setAttribute("role", "alert");
  note.textContent = say("offline");
  document.body.append(note);
  for (const b of document.querySelectorAll("#card .actions button:not(:disabled)")) {
    b.disabled = true;
    b.dataset.offline = "yes";
  }
  setTimeout(look, 3000);
}

function online() {
  const note = document.querySelector(".offline-note");
  if (!note) return;
  note.remove();
  for (const b of document.querySelectorAll("[data-offline]")) {
    b.disabled = false;
    delete b.dataset.offline;
  }
  tell(say("online"));
}

function listen() {
  source = new EventSource("/events");
  source.addEventListener("change", look);
  source.addEventListener("open", look);
  source.addEventListener("error", () => {
    // Closed for good (too many pages): look now and then instead.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, slow);
    look();
  });
}

export function startLive(theDesk) {
  if (!document.querySelector(".desk")) return;
  desk = theDesk;
  listen();
  setInterval(look, slow);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("offline-now", offline);
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && listen());
}
