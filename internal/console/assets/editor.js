// The editor counts and checks while somebody types, and keeps what was typed
// if the page is lost.
import { setClock } from "./clock.js";

const pause = 350;
let timer;
let turn = 0;

// What was typed belongs to the text that it was to change: over a newer
// version of a colleague's it does not come back.
function key(form) {
  return "draft " + form.getAttribute("action") + " " + form.elements.hash.value;
}

async function check(area) {
  const mine = ++turn;
  const body = new URLSearchParams(new FormData(area.form));
  try {
    const response = await fetch(area.dataset.check + "?part=check", { method: "POST", body, credentials: "same-origin" });
    if (mine !== turn || !response.ok) return;
    setClock(response);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const id of ["measure", "findings"]) {
      const fresh = page.getElementById(id);
      const old = document.getElementById(id);
      if (fresh && old) old.replaceWith(document.adoptNode(fresh));
    }
  } catch {
    // Saving checks again.
  }
}

export function startEditor() {
  document.addEventListener("input", (event) => {
    const area = event.target;
    if (!area.dataset?.check) return;
    sessionStorage.setItem(key(area.form), area.value);
    clearTimeout(timer);
    timer = setTimeout(() => check(area), pause);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id === "editor") sessionStorage.removeItem(key(event.target));
  });
  const area = document.querySelector("textarea[data-check]");
  if (!area) return;
  const kept = sessionStorage.getItem(key(area.form));
  if (kept !== null && kept !== area.value) {
    area.value = kept;
    check(area);
  }
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}
