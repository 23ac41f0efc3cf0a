// The desk: choosing a row shows its card beside the list, a decision brings
// the next one. Both are the pages that links and forms lead to anyway, taken
// apart and put in place.
import { say, tell } from "./words.js";
import { setClock, tick } from "./clock.js";

// A button whose meaning has just changed ignores input for half a second.
const settle = 500;

let asked = 0;
let pending = false;
const begun = performance.now();

const wide = () => matchMedia("(min-width: 64rem)").matches;
const approval = () => document.querySelector("#card form.approve button");
const cardOf = (root) => root.querySelector("#card");

function calm(event) {
  const fresh = performance.now() - begun < settle && event.target.closest(".draft .actions form");
  if (fresh || event.target.closest("[data-new] .actions")) {
    event.preventDefault();
    event.stopPropagation();
    tell(say("calm"));
  }
}

// shown tells the live channel that the page shows something else.
const shown = () => document.dispatchEvent(new CustomEvent("shown"));

async function get(url, init) {
  const response = await fetch(url, { credentials: "same-origin", ...init });
  setClock(response);
  if (response.status === 401 || new URL(response.url).pathname === "/login") {
    location.assign("/login?" + new URLSearchParams({ back: location.pathname + location.search }));
    throw new Error("logged out");
  }
  return { response, page: new DOMParser().parseFromString(await response.text(), "text/html") };
}

export function put(selector, page) {
  const fresh = page.querySelector(selector);
  const old = document.querySelector(selector);
  if (!fresh || !old) return false;
  old.replaceWith(document.adoptNode(fresh));
  if (selector === "#card" || selector === "#drafts") {
    fresh.dataset.new = "yes";
    setTimeout(() => delete fresh.dataset.new, settle);
  }
  tick();
  return true;
}

export function mark(id) {
  for (const row of document.querySelectorAll("#rows .row")) {
    const here = row.dataset.id === String(id);
    row.classList.toggle("current", here);
    row.firstElementChild.toggleAttribute("aria-current", here);
    if (here) row.firstElementChild.setAttribute("aria-current", "true");
  }
}

export function row(id) {
  return document.querySelector(`#rows .row[data-id="${CSS.escape(String(id))}"]`);
}

// end dims a row that is over and says why; it stays where it is.
export function end(id, label) {
  const ended = row(id);
  if (!ended) return;
  ended.classList.add("ended");
  note(ended, label);
}

// note says what happens to a row, in the place kept for it.
export function note(of, text) {
  const place = of.querySelector(".deciding");
  if (place && place.textContent !== text) place.textContent = text;
}

// follower is what comes next in the list as it is now, past what has ended and
// what colleagues are deciding about; behind the last comes the first again.
function follower(id) {
  const all = [...document.querySelectorAll("#rows .row")];
  const at = all.findIndex((r) => r.dataset.id === id);
  const behind = [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))];
  return behind.find((r) => !r.classList.contains("ended") && !r.querySelector(".deciding")?.textContent)?.dataset.id ?? "";
}

async function choose(link) {
  const turn = ++asked;
  try {
    const { response, page } = await get(link.href);
    if (turn !== asked || !response.ok || !put("#card", page)) return;
    mark(cardOf(document).dataset.id);
    history.replaceState(null, "", link.href);
    document.title = page.title;
    document.body.className = page.body.className;
    document.querySelector(".side").scrollTop = 0;
    shown();
  } catch {
    // The link itself still works.
  }
}

// send makes a decision in place.
async function send(form, button) {
  if (pending) return;
  pending = true;
  const under = form.closest("#card");
  under?.setAttribute("aria-busy", "true");
  const body = new URLSearchParams(new FormData(form, button));
  if (body.has("next")) body.set("next", follower(cardOf(document).dataset.id));
  if (body.has("at")) body.set("at", cardOf(document).dataset.id || "");
  if (form.matches(".take")) body.set("left", cardOf(document).dataset.id || "");
  try {
    const { response, page } = await get(form.action, { method: "POST", body });
    if (!cardOf(page)) {
      document.querySelector("#main").replaceWith(document.adoptNode(page.querySelector("#main")));
      document.title = page.title;
      return;
    }
    if (form.action.endsWith("/extend") && response.redirected) longer(page, form);
    else arrive(response, page);
  } catch {
    tell(say("failed"));
    document.dispatchEvent(new CustomEvent("offline-now"));
  } finally {
    pending = false;
    under?.removeAttribute("aria-busy");
  }
}

// longer shows that a reply holds longer, wherever the person is meanwhile.
function longer(page, form) {
  put("#notice", page);
  if (form.closest("#card")) put("#card", page);
  tell(document.querySelector("#notice p")?.textContent.trim() || "");
}

// arrive shows where a decision has led: the notice, the next card, the
// decided row dimmed in its place, focus on the next row.
function arrive(response, page) {
  const [before, width] = [cardOf(document).dataset.id, Math.floor(approval()?.getBoundingClientRect().width ?? 0)];
  put("#notice", page);
  put("#card", page);
  // Asked to look once more: what stands behind the button stays there.
  if (width && before === cardOf(document).dataset.id && approval()) approval().style.minWidth = width + "px";
  put("#banners", page);
  const done = document.querySelector("#notice [data-done]");
  if (done) {
    const queue = document.getElementById("queue");
    if (done.dataset.state !== "awaiting" && queue) end(done.dataset.done, done.dataset.label);
  }
  const news = document.querySelector("#notice p");
  if (news) tell(news.textContent.trim());
  document.title = page.title;
  document.body.className = page.body.className;
  // What was refused stands at the address of its card, not of its form.
  history.pushState(null, "", response.redirected ? response.url : cardOf(document).dataset.url);
  const id = cardOf(document).dataset.id;
  // A card that came in after the list was loaded has its row only in the new
  // list, which waits while the pointer is on the old one.
  if (id && !row(id) && page.querySelector(`#rows .row[data-id="${CSS.escape(id)}"]`) && !document.querySelector("#queue:hover")) put("#queue", page);
  mark(id);
  shown();
  const link = row(id || "")?.firstElementChild;
  const side = document.querySelector(".side");
  side.scrollTop = 0;
  if (!wide()) scrollTo(0, 0);
  const problem = document.querySelector("#card [role=alert]:not([hidden])");
  if (problem) {
    problem.tabIndex = -1;
    problem.focus();
  } else if (link?.checkVisibility()) link.focus();
  else document.getElementById("card-title")?.focus();
}

function onSubmit(event) {
  const form = event.target;
  if (!document.querySelector(".desk") || form.method !== "post") return;
  const place = form.closest("#card, #notice, .take");
  if (!place || event.submitter?.formAction.endsWith("/check") || form.action.endsWith("/again")) return;
  event.preventDefault();
  send(form, event.submitter);
}

export function startDesk() {
  document.addEventListener("click", calm, true);
  document.addEventListener("submit", calm, true);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("choose", (event) => {
    if (wide() && event.target.closest("#rows")) choose(event.target);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#rows .row > a");
    if (!link || !wide() || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    choose(link).then(() => document.getElementById("card-title")?.focus());
  });
  addEventListener("popstate", () => location.reload());
  return { get, put, mark, row, end, note, choose, busy: () => pending };
}
