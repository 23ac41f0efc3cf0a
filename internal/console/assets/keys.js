// Keys press the buttons and links that are on the page: each names its key in
// data-key. They rest while somebody types, and can be switched off.
import { pressed, tell } from "./words.js";

const wait = 1200; // milliseconds between the two keys of a pair
const shownFor = 3000; // milliseconds for which the reason stands out why a key does nothing

// Sheets of choices that open at a button.
const sheets = "details.reject[open], details.pop[open]";
const others = "details.menu[open], details.alarms[open]";

let first = "";
let timer;

function typing(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function shown(node) {
  // What stands in the closed menu is one press away for everybody else.
  return !node.disabled && (node.checkVisibility({ visibilityProperty: true }) || Boolean(node.closest("details.menu:not([open])")));
}

// What a frozen card offers comes first: it says so with the same key.
function pressable(key) {
  const hits = [...document.querySelectorAll("[data-key]")].filter((n) => n.dataset.key === key && shown(n));
  return hits.find((n) => n.closest("#frozen")) ?? hits[0];
}

function press(node) {
  if (node.tagName === "SUMMARY") {
    const box = node.parentElement;
    box.open = !box.open;
    if (box.open) box.querySelector("form textarea, form .reasons button, form button, dl")?.focus();
    else node.focus();
    return;
  }
  if (node.tagName === "INPUT") {
    node.focus();
    node.select();
    return;
  }
  node.click();
}

function reason(key) {
  const open = document.querySelector(sheets);
  return open?.querySelector(`[data-reason="${CSS.escape(key)}"]`);
}

function move(step) {
  const rows = [...document.querySelectorAll(".rows .row > a, tbody .row a, .mentions .row a")];
  if (!rows.length) return;
  let at = rows.indexOf(document.activeElement);
  if (at < 0) at = rows.findIndex((a) => a.hasAttribute("aria-current"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  next.dispatchEvent(new CustomEvent("choose", { bubbles: true }));
}

function escape() {
  const open = document.querySelector(sheets + ", " + others);
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
    return true;
  }
  const back = pressable("Esc");
  if (back) back.click();
  return Boolean(back);
}

function help() {
  const box = document.getElementById("keys");
  if (box && !box.open) box.showModal();
  return Boolean(box);
}

function pair(key) {
  clearTimeout(timer);
  const keys = first + " " + key;
  first = "";
  return pressable(keys);
}

function onKey(event) {
  const { key, target } = event;
  if (event.defaultPrevented || event.isComposing) return;
  if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const submit = (target.form || document.getElementById("editor"))?.querySelector("[data-submit]");
    if (submit && !submit.disabled) {
      event.preventDefault();
      submit.click();
    }
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  if (typing(target)) {
    if (key === "Escape" && target.closest(sheets)) escape();
    else if (key === "Escape") target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.body.dataset.keys !== "on") return;
  if (act(key)) event.preventDefault();
}

function act(key) {
  if (first) {
    const node = pair(key);
    if (node) press(node);
    return Boolean(node);
  }
  key = pressed(key);
  if (key === "g") {
    first = "g";
    timer = setTimeout(() => (first = ""), wait);
    return true;
  }
  if (key === "?") return help();
  if (key === "Escape") return escape();
  if (key === "j" || key === "k") {
    move(key === "j" ? 1 : -1);
    return true;
  }
  if (/^[1-7]$/.test(key) && document.querySelector(sheets)) {
    const button = reason(key);
    const note = button?.previousElementSibling;
    if (note?.matches("input") && !note.value.trim()) note.focus();
    else button?.click();
    return Boolean(button);
  }
  const node = pressable(key);
  if (node) press(node);
  else if ("aerxsn".includes(key)) lacking();
  return Boolean(node);
}

// lacking says why a key of the card does nothing: the right that is missing,
// and who grants it, or where the reply stands.
function lacking() {
  const why = document.querySelector("#card .lacks, #card #status p");
  if (!why) return;
  tell(why.textContent.trim());
  why.scrollIntoView({ block: "nearest" });
  why.classList.add("told");
  setTimeout(() => why.classList.remove("told"), shownFor);
}

export function startKeys() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]") && document.body.dataset.keys === "on" && help()) event.preventDefault();
    for (const open of document.querySelectorAll(sheets + ", " + others)) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
}
