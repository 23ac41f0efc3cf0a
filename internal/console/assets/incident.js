// Live changes of an incident's page, and approving there in place. Drafts stay
// where they stand: one that has changed or ended loses its buttons and says
// so; those that come in their place are offered.
import { say, tell } from "./words.js";
import { follow, startChannel } from "./channel.js";

const settle = 500; // milliseconds in which what has just come takes no input
const shown = 10; // drafts in full, as many as there are digits

let desk;
let last = Promise.resolve(); // the decision before

const drafts = () => [...document.querySelectorAll("#drafts .draft")];
const draftOf = (id) => drafts().find((d) => d.dataset.id === String(id));
const doneNow = () => document.querySelector("#notice [data-done]");

function list() {
  return "?incident=" + document.getElementById("drafts").dataset.incident;
}

function ids() {
  return [...drafts().map((d) => d.dataset.id), doneNow()?.dataset.done];
}

// get fetches what nobody asked for: it is no sign that somebody is there.
async function get(part, more = {}) {
  const { response, page } = await desk.get("/?" + new URLSearchParams({ part, ...more }), { headers: { Unasked: "yes" } });
  return response.ok ? page : null;
}

function told(news) {
  for (const reply of news.replies) stands(reply);
  if (news.list) offer(news.list.ids ?? []);
}

function stands(reply) {
  const draft = draftOf(reply.id);
  if (draft && reply.place !== "awaiting") over(draft, reply);
  else if (draft && ["hash", "revision"].some((k) => reply[k] !== draft.dataset[k])) freeze(draft, say("newer"));
  else if (draft) {
    const place = draft.querySelector(".deciding");
    if (place.textContent !== reply.deciding) place.textContent = reply.deciding;
  }
  const done = doneNow();
  if (done && Number(done.dataset.done) === reply.id && done.dataset.state !== reply.state) lookAtNotice(reply.id);
}

// over says once what became of a draft.
function over(draft, reply) {
  if (draft.classList.contains("ended") && draft.dataset.state === reply.state) return;
  draft.dataset.state = reply.state;
  freeze(draft, reply.label);
}

// freeze takes the buttons away and says why, in their place. why is a text or
// nodes.
function freeze(draft, ...why) {
  draft.classList.add("ended");
  const place = draft.querySelector(".why");
  place.hidden = false;
  place.removeAttribute("data-hold");
  if (place.textContent !== why[0]) place.replaceChildren(...why);
  draft.querySelector(".ask")?.remove();
  draft.querySelector(".deciding").textContent = "";
  for (const form of draft.querySelectorAll("form.approve")) {
    form.hidden = true;
    for (const b of form.querySelectorAll("button")) b.disabled = true;
  }
}

// settled lets what has just come take no input for a moment.
function settled(draft) {
  draft.dataset.new = "yes";
  setTimeout(() => delete draft.dataset.new, settle);
}

// decided shows on its draft what the notice says, with the way back. One key
// undoes: of the newest.
function decided(done) {
  const draft = draftOf(done.dataset.done);
  if (!draft) return;
  for (const node of document.querySelectorAll("#drafts .why [data-key]")) {
    node.removeAttribute("data-key");
    node.querySelector("kbd")?.remove();
  }
  draft.dataset.state = done.dataset.state;
  settled(draft);
  const undo = done.querySelector('form[action$="/undo"]')?.cloneNode(true);
  freeze(draft, ...[done.querySelector("p").cloneNode(true), undo].filter(Boolean));
  const hold = done.dataset.hold;
  if (hold) draft.querySelector(".why").dataset.hold = hold;
}

async function lookAtNotice(id) {
  const page = await get("notice", { incident: document.getElementById("drafts").dataset.incident, done: id }).catch(() => null);
  const done = doneNow();
  if (page?.querySelector("#notice [data-done]") && done && !done.contains(document.activeElement)) desk.put("#notice", page);
}

function offer(now) {
  const button = document.getElementById("fresh");
  const here = new Set(drafts().map((d) => Number(d.dataset.id)));
  const more = now.slice(0, shown).filter((id) => !here.has(id)).length;
  button.hidden = more === 0;
  const text = say("more", more);
  if (!more || button.textContent === text) return;
  button.textContent = text;
  tell(text);
}

// load shows the drafts as they are now, because somebody asked for it.
async function load() {
  const { response, page } = await desk.get(location.pathname);
  if (!response.ok || !desk.put("#drafts", page)) return;
  follow();
  document.querySelector("#drafts .draft button")?.focus();
}

// send decides one draft behind the other: each key counts, whatever is under way.
function send(form) {
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  form.closest(".draft")?.setAttribute("aria-busy", "true");
  last = last.then(() => decide(form));
}

async function decide(form) {
  const draft = draftOf(new URL(form.action).pathname.split("/")[2]);
  const inHand = draft?.contains(document.activeElement) || document.activeElement === document.body;
  try {
    const { response, page } = await desk.get(form.action + "?part=notice", { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!response.ok) {
      if (form.matches(".approve")) ask(draft, page);
      else refused(draft, page);
      return;
    }
    const left = document.querySelector("#notice")?.contains(document.activeElement);
    desk.put("#notice", page);
    const done = doneNow();
    decided(done);
    if (left) done.querySelector("a").focus();
    tell(done.querySelector("p").textContent.trim());
    follow();
    if (inHand) next(draft)?.querySelector("form.approve button")?.focus();
  } catch {
    tell(say("failed"));
    document.dispatchEvent(new CustomEvent("offline-now"));
  } finally {
    delete form.dataset.sent;
    draft?.removeAttribute("aria-busy");
  }
}

// next is the draft that waits behind one; behind the last comes the first again.
function next(draft) {
  const all = drafts();
  const at = all.indexOf(draft) + 1;
  return [...all.slice(at), ...all.slice(0, at)].find((d) => !d.classList.contains("ended"));
}

// refused says why an approval was not taken back, or not put off.
function refused(draft, page) {
  const problem = page.querySelector("#card [role=alert]:not([hidden]) p") ?? page.querySelector("main p");
  const why = problem?.textContent.trim() || say("failed");
  tell(why);
  if (draft) freeze(draft, why);
  const done = doneNow();
  if (done) lookAtNotice(done.dataset.done);
}

// ask shows in its place the draft with what is asked, or why it was refused.
// It keeps its digit.
function ask(draft, page) {
  const fresh = page.querySelector(`.draft[data-id="${CSS.escape(draft.dataset.id)}"]`);
  if (!fresh) {
    location.assign("/replies/" + draft.dataset.id); // its own page says why
    return;
  }
  const [key, now] = [draft, fresh].map((d) => d.querySelector("form.approve button[data-key]"));
  if (key && now) {
    now.querySelector("kbd").textContent = now.dataset.key = key.dataset.key;
  }
  draft.replaceWith(document.adoptNode(fresh));
  settled(fresh);
  const problem = fresh.querySelector("[role=alert]:not([hidden])");
  if (problem) problem.tabIndex = -1;
  (problem ?? fresh.querySelector(".actions button"))?.focus();
}

export function startIncident(theDesk) {
  if (!document.getElementById("drafts")) return;
  desk = theDesk;
  startChannel({ list, ids, told, get, put: desk.put });
  document.addEventListener("click", (event) => event.target.closest("#fresh") && load().catch(() => {}));
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches('#drafts .draft form, #notice form[action$="/undo"], #notice form[action$="/extend"]')) return;
    event.preventDefault();
    send(form);
  });
}
