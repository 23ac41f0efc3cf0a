// The texts that modules fill in, from the page's own catalogue.
const words = JSON.parse(document.body.dataset.words || "{}");

// What each key presses, for who has keys of their own.
const presses = JSON.parse(document.body.dataset.keymap || "{}");

export function pressed(key) {
  return presses[key] ?? key;
}

// A key stands in braces in a text.
export function say(key, value) {
  const own = (ours) => Object.keys(presses).find((k) => presses[k] === ours) || ours;
  return (words[key] || key).replace(/%[sd]/, value ?? "").replace(/\{(.)\}/, (_, ours) => own(ours));
}

// A length of time in one unit, rounded down, as the server says it.
export function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return say("s", s);
  if (s < 3600) return say("min", Math.floor(s / 60));
  if (s < 48 * 3600) return say("h", Math.floor(s / 3600));
  return say("days", Math.floor(s / 86400));
}

// tell speaks politely, once.
export function tell(text) {
  const place = document.getElementById("say");
  if (place && place.textContent !== text) place.textContent = text;
}

// warn speaks at once, and each text once.
const warned = new Set();

export function warn(text) {
  const place = document.getElementById("warn");
  if (!place || warned.has(text)) return;
  warned.add(text);
  place.textContent = text;
}
