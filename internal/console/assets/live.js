// Live changes of the desk. Nothing is inserted, removed or moved under pointer
// or focus: new rows are offered, ended ones dim, a card that changed freezes.
import { say, tell } from "./words.js";
import { follow, startChannel } from "./channel.js";

let desk;
let places = new Set(); // of the replies in the list
let order = []; // the first replies of the list, as they are now
const known = new Map(); // how replies stand, by number

const cut = 200; // how many of them are told at most

const rows = () => [...document.querySelectorAll("#rows .row")];
const cardNow = () => document.querySelector("#card[data-id]");

function list() {
  const queue = document.getElementById("queue");
  return new URL(queue?.dataset.url || "/", location.href).search;
}

function ids() {
  return [...rows().map((r) => r.dataset.id), cardNow()?.dataset.id, document.querySelector("#notice [data-done]")?.dataset.done];
}

// get fetches what nobody asked for, unless asked is said: it is no sign that
// somebody is there.
async function get(part, url = "/", more = {}, asked = false) {
  const at = new URL(url, location.href);
  for (const [name, value] of Object.entries(more)) at.searchParams.set(name, value);
  at.searchParams.set("part", part);
  const { response, page } = await desk.get(at, asked ? {} : { headers: { Unasked: "yes" } });
  return response.ok ? page : null;
}

function told(news) {
  if (news.list) {
    places = new Set(news.list.in);
    order = news.list.ids ?? [];
    const count = document.querySelector("#queue-title .count");
    if (count && count.textContent !== news.list.count) count.textContent = news.list.count;
  }
  for (const reply of news.replies) stands(reply);
  if (news.list || news.replies.length) offer();
}

// stands shows how a reply stands, wherever it is on the page.
function stands(reply) {
  known.set(reply.id, reply);
  const row = desk.row(reply.id);
  if (row) {
    const ended = !places.has(reply.place);
    row.classList.toggle("ended", ended);
    row.dataset.state = reply.state;
    desk.note(row, ended ? reply.label : reply.deciding);
  }
  const card = cardNow();
  if (card && Number(card.dataset.id) === reply.id) {
    const same = ["state", "hash", "revision"].every((k) => reply[k] === card.dataset[k]);
    if (!same || (card.querySelector("#deciding span")?.textContent ?? "") !== reply.deciding) lookAtCard();
  }
  const done = document.querySelector("#notice [data-done]");
  if (done && Number(done.dataset.done) === reply.id && done.dataset.state !== reply.state) lookAtNotice(reply.id);
}

// offer counts what has come into this page of the list since it was loaded:
// what stands before the last row that still waits.
function offer() {
  const button = document.getElementById("fresh");
  if (!button) return;
  const shown = new Set(rows().map((r) => Number(r.dataset.id)));
  let last = order.length - 1;
  if (document.querySelector("#queue .more")) {
    while (last >= 0 && !shown.has(order[last])) last--;
    if (last < 0) last = order.length - 1; // all rows have ended
  }
  const fresh = order.slice(0, last + 1).filter((id) => !shown.has(id)).length;
  button.hidden = fresh === 0;
  if (!fresh) return;
  const text = fresh === 1 ? say("fresh1") : say("fresh", fresh < cut ? fresh : cut + "+");
  if (button.textContent === text) return;
  button.textContent = text;
  tell(text);
}

// load shows the list as it is now, because somebody asked for it.
async function load() {
  const page = await get("queue", document.getElementById("queue").dataset.url, {}, true).catch(() => null);
  if (!page) return;
  const id = cardNow()?.dataset.id;
  desk.put("#queue", page);
  desk.mark(id);
  follow();
  const links = [...document.querySelectorAll("#rows .row > a")];
  const at = links.find((a) => a.hasAttribute("aria-current")) || links[0];
  at?.focus();
  const frozen = document.querySelector("#frozen:not([hidden])");
  if (at && (!id || frozen)) desk.choose(at);
}

async function lookAtCard() {
  const card = cardNow();
  const page = await get("card", card.dataset.url).catch(() => null);
  const fresh = page?.querySelector("#card[data-id]");
  if (!fresh || desk.busy() || !card.isConnected || fresh.dataset.id !== card.dataset.id) return;
  const same = ["state", "hash", "revision"].every((k) => fresh.dataset[k] === card.dataset[k]);
  if (same) showDeciding(card, page);
  else if (card.dataset.open === "true") freeze(card, fresh);
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
  const newer = fresh.querySelector("#status [data-newer]");
  if (newer) {
    const look = box.querySelector("a");
    look.href = newer.href;
    look.firstChild.textContent = newer.textContent + " ";
  }
  if (!box.hidden) return;
  box.hidden = false;
  const ask = card.querySelector(".ask"); // there is nothing to confirm any more
  if (ask?.contains(document.activeElement)) box.querySelector("a").focus();
  ask?.remove();
  for (const b of card.querySelectorAll(".actions button, .actions summary, .actions a")) {
    if (b.dataset.key === "Esc" || b.closest(".work")) continue; // those are about the case
    b.disabled = true;
    b.hidden = true;
  }
  box.scrollIntoView({ block: "nearest" });
}

async function lookAtNotice(id) {
  const page = await get("notice", "/" + list(), { done: id }).catch(() => null);
  const done = document.querySelector("#notice [data-done]");
  if (page?.querySelector("#notice [data-done]") && done && !done.contains(document.activeElement)) desk.put("#notice", page);
}

export function startLive(theDesk) {
  if (!document.querySelector(".desk")) return;
  desk = theDesk;
  startChannel({ list, ids, told, get, put: desk.put });
  document.addEventListener("click", (event) => event.target.closest("#fresh") && load());
  document.addEventListener("shown", () => {
    follow();
    const reply = known.get(Number(cardNow()?.dataset.id)); // perhaps told before the card came
    if (reply) stands(reply);
  });
}
