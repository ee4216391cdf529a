// A word in passing, at the foot of the page: what was done, and the way back.
import { make, say } from "./dom.js";

const STAYS_MS = 8000; // WCAG 2.2.1: long enough to read and reach; while somebody is at it, it stays

/** Says `text`; with `undo`, a function, a button offers to take it back. */
export function toast(text, undo = null) {
  const note = make("p", { class: "toast" }, make("span", { text }));
  let timer = 0;
  const go = () => note.remove();
  const wait = () => (timer = setTimeout(go, STAYS_MS));
  const back = () => (go(), undo());
  if (undo) note.append(make("button", { type: "button", class: "quiet", text: say("toast_undo"), onclick: back }));
  for (const event of ["pointerenter", "focusin"]) note.addEventListener(event, () => clearTimeout(timer));
  for (const event of ["pointerleave", "focusout"]) note.addEventListener(event, wait);
  document.getElementById("toasts").replaceChildren(note);
  wait();
}
