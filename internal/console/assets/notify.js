// Breaches of cases that are mine, told once to whoever wants it: of all open
// tabs one speaks, and the browser shows a notification if it may.
import { say, warn } from "./words.js";

const key = "socialwatch-breach"; // the last event told, by any tab
const wait = 1500; // milliseconds by which a tab that nobody looks at stands back

const told = () => Number(localStorage.getItem(key) || 0);

// seen is up to which event this browser knows the breaches; null when nobody
// wants to be told.
export function seen() {
  return document.body.dataset.notify === "on" ? told() : null;
}

// claim takes what no tab has told yet.
function claim(news) {
  const fresh = news.cases.filter((one) => one.seq > told());
  if (news.seq > told() || !news.cases.length) localStorage.setItem(key, news.seq);
  return fresh;
}

export async function breached(news) {
  if (document.hidden) await new Promise((done) => setTimeout(done, wait));
  const fresh = await (navigator.locks ? navigator.locks.request(key, () => claim(news)) : claim(news));
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
