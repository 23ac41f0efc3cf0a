// The live channel. The page says in the address what it shows; what changes
// of that comes as JSON, everything first: so nothing is missed however often
// the channel breaks. Without one the page asks now and then.
import { say, tell, warn } from "./words.js";
import { breached, seen } from "./notify.js";

const slow = 30000; // milliseconds between looks without a stream
const soon = 3000; // after one that failed

let page; // what is shown: list(), ids(), told(news), get(), put(), busy()
let source;
let list;
let ids = new Set();
let timer;
let paused = false;
let banners;

// follow makes the channel tell of what the page shows now.
export function follow() {
  if (!page) return;
  paint();
  if (paused) return;
  const now = page.list();
  const all = page.ids().filter(Boolean);
  if (source && now === list && all.every((id) => ids.has(id))) return;
  [list, ids] = [now, new Set(all)];
  listen();
}

function address(once) {
  const query = new URLSearchParams(list);
  query.set("rows", [...ids].join());
  if (seen() !== null) query.set("seen", seen());
  if (once) query.set("once", "yes");
  return "/events?" + query;
}

function listen() {
  source?.close();
  clearTimeout(timer);
  source = new EventSource(address());
  source.addEventListener("look", (event) => told(JSON.parse(event.data)));
  source.addEventListener("over", over);
  source.addEventListener("error", look);
}

// look asks once, because the stream broke or there is none.
async function look() {
  clearTimeout(timer);
  try {
    const response = await fetch(address(true), { credentials: "same-origin" });
    if (response.status === 204) return over();
    if (response.ok && !paused) told(await response.json());
    timer = setTimeout(source?.readyState === EventSource.CLOSED ? listen : () => {}, slow);
  } catch {
    offline();
  }
}

function told(news) {
  if (paused) return;
  online();
  if (news.banners) lookAtBanners(news.banners);
  if (news.breached) breached(news.breached);
  page.told(news);
}

// The session is over: whoever reads this logs in again and comes back.
function over() {
  source?.close();
  location.assign("/login?" + new URLSearchParams({ back: location.pathname + location.search }));
}

// Banners say at once what concerns everybody: a stop, a broken connection.
async function lookAtBanners(sign) {
  const old = document.getElementById("banners");
  if (sign === banners || (!banners && sign === old.dataset.sign)) return;
  banners = sign;
  const fresh = await page.get("banners").catch(() => null);
  if (!fresh) return;
  const known = new Set(texts());
  const inHand = document.getElementById("banners").contains(document.activeElement);
  const open = document.querySelector(".alarms")?.open;
  page.put("#banners", fresh);
  const box = document.querySelector(".alarms");
  if (box) box.open = open ?? false;
  if (inHand) box?.querySelector("summary").focus();
  for (const text of texts()) if (!known.has(text)) warn(text);
}

const texts = () => [...document.querySelectorAll("#banners .banner p")].map((p) => p.textContent);

function offline() {
  timer = setTimeout(look, soon);
  if (document.querySelector(".offline-note")) return;
  const note = document.createElement("p");
  note.className = "offline-note";
  note.setAttribute("role", "alert");
  note.textContent = say("offline");
  document.body.append(note);
  for (const b of document.querySelectorAll(".actions button:not(:disabled), .actions summary, .actions a")) {
    b.disabled = b.inert = true; // summaries and links know no disabled
    b.dataset.offline = "yes";
  }
}

function online() {
  const note = document.querySelector(".offline-note");
  if (!note) return;
  note.remove();
  for (const b of document.querySelectorAll("[data-offline]")) {
    b.disabled = b.inert = false;
    delete b.dataset.offline;
  }
  tell(say("online"));
}

// Whoever wants the page to stand still pauses it; it says so until it goes on.
function pause(on) {
  paused = on;
  sessionStorage.setItem("paused", on ? "yes" : "");
  if (on) {
    source?.close();
    clearTimeout(timer);
    source = undefined;
  }
  follow();
}

function paint() {
  const button = document.getElementById("pause");
  button.hidden = false;
  button.textContent = say(paused ? "resume" : "pause");
  document.getElementById("paused").textContent = paused ? say("paused") : "";
}

export function startChannel(shown) {
  page = shown;
  document.addEventListener("click", (event) => event.target.closest("#pause") && pause(!paused));
  document.addEventListener("offline-now", offline);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && !paused && listen());
  // The page itself comes first.
  const begin = () => pause(sessionStorage.getItem("paused") === "yes");
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin);
}
