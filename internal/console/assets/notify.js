// Breaches of cases that are mine, told once to whoever wants it: of all open
// tabs one speaks, and the browser shows a notification if it may.
import { say, warn } from "./words.js";

const key = "socialwatch-breach"; // the last event told, by any tab
const wait = 1500; // milliseconds by which a tab that nobody looks at stands back
const kept = 60000; // milliseconds for which a told breach is locked

const told = () => Number(localStorage.getItem(key) || 0);

// seen is up to which event this browser knows the breaches; null when nobody
// wants to be told.
export function seen() {
  return document.body.dataset.notify === "on" ? told() : null;
}

// claim takes a breach if no tab has told it. Tabs see late what others have
// stored: until they surely do, whoever tells a breach holds a lock on it.
function claim(one) {
  if (one.seq <= told()) return false;
  if (!navigator.locks) return true;
  return new Promise((answer) => {
    navigator.locks.request(key + one.seq, { ifAvailable: true }, (lock) => {
      answer(Boolean(lock));
      return lock && new Promise((end) => setTimeout(end, kept));
    });
  });
}

export async function breached(news) {
  if (document.hidden) await new Promise((done) => setTimeout(done, wait));
  const fresh = [];
  for (const one of news.cases) if (await claim(one)) fresh.push(one);
  if (news.seq > told() || !news.cases.length) localStorage.setItem(key, news.seq);
  if (!fresh.length) return;
  const text = fresh.length === 1 ? fresh[0].text : say("breaches", fresh.length);
  warn(text);
  show(text, fresh.length === 1 ? fresh[0].url : "/");
}

// Some browsers know notifications and yet throw: then the page has spoken.
function show(text, url) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  try {
    const note = new Notification(say("breach"), { body: text, tag: key + url });
    note.addEventListener("click", () => {
      window.focus();
      location.assign(url);
      note.close();
    });
  } catch {
    // nothing to do
  }
}

function paint(place) {
  const known = "Notification" in window && window.isSecureContext;
  place.textContent = say("notify." + (known ? Notification.permission : "none"));
}

export function startNotify() {
  const place = document.getElementById("notify-browser");
  if (!place) return;
  paint(place);
  const button = document.querySelector("[data-ask-notify]");
  button?.addEventListener("click", async (event) => {
    if (!("Notification" in window) || Notification.permission !== "default") return;
    event.preventDefault(); // the browser asks first; whatever the answer, the page may speak
    await Notification.requestPermission();
    button.form.submit();
  });
}
