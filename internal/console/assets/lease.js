// An open card tells colleagues that somebody is deciding about it: after a
// moment of attention, and again while it is used. Nothing depends on it; what
// is not told again is over in two minutes.
const dwell = 1500; // milliseconds until a look is attention
const again = 30000; // between two signs

let card;
let since = 0;
let told = 0;
let used = 0;

function use() {
  used = performance.now();
}

function turn() {
  const now = performance.now();
  const open = document.querySelector("#card[data-lease]");
  const id = open?.dataset.id;
  if (id !== card) [card, since, told, used] = [id, now, 0, now];
  if (!id || document.hidden || !document.hasFocus() || now - since < dwell) return;
  if (told && (used < told || now - told < again)) return;
  told = now;
  fetch(open.dataset.lease, { method: "POST", credentials: "same-origin" }).catch(() => {});
}

export function startLease() {
  if (!document.querySelector(".desk")) return;
  for (const kind of ["pointermove", "pointerdown", "keydown", "input", "wheel", "focusin"]) {
    document.addEventListener(kind, use, { passive: true });
  }
  setInterval(turn, 500);
}
