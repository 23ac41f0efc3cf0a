// Live changes of an incident's page, and approving there in place. Drafts stay
// where they stand: one that has changed or ended loses its buttons and says
// so; those that come in their place are offered.
import { say, tell } from "./words.js";
import { follow, startChannel } from "./channel.js";

const settle = 500; // milliseconds in which what has just come takes no input
const shown = 10; // drafts in full, as many as there are digits

let desk;
let pending = false;

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
  if (draft && reply.place !== "awaiting") freeze(draft, reply.label);
  else if (draft && ["hash", "revision"].some((k) => reply[k] !== draft.dataset[k])) freeze(draft, say("newer"));
  else if (draft) {
    const place = draft.querySelector(".deciding");
    if (place.textContent !== reply.deciding) place.textContent = reply.deciding;
  }
  const done = doneNow();
  if (done && Number(done.dataset.done) === reply.id && done.dataset.state !== reply.state) lookAtNotice(reply.id);
}

// freeze takes the buttons away and says why.
function freeze(draft, why) {
  draft.classList.add("ended");
  const note = draft.querySelector(".why");
  note.hidden = false;
  if (note.textContent !== why) note.textContent = why;
  draft.querySelector(".ask")?.remove();
  for (const form of draft.querySelectorAll("form.approve")) {
    form.hidden = true;
    for (const b of form.querySelectorAll("button")) b.disabled = true;
  }
}

async function lookAtNotice(id) {
  const page = await get("notice", { done: id }).catch(() => null);
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

async function send(form) {
  if (pending) return;
  pending = true;
  const draft = form.closest(".draft");
  try {
    const body = new URLSearchParams(new FormData(form));
    const { response, page } = await desk.get(form.action + "?part=notice", { method: "POST", body });
    if (!response.ok) {
      ask(draft, page);
      return;
    }
    desk.put("#notice", page);
    const done = doneNow();
    freeze(draft, done.dataset.label);
    tell(done.querySelector("p").textContent.trim());
    follow();
    drafts().find((d) => !d.classList.contains("ended"))?.querySelector("form.approve button")?.focus();
  } catch {
    tell(say("failed"));
    document.dispatchEvent(new CustomEvent("offline-now"));
  } finally {
    pending = false;
  }
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
  fresh.dataset.new = "yes";
  setTimeout(() => delete fresh.dataset.new, settle);
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
    if (!event.target.matches("#drafts form.approve")) return;
    event.preventDefault();
    send(event.target);
  });
}
