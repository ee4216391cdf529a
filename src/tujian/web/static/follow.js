// What goes on by itself: every `section[data-job]` with `data-open` is asked for again until it has ended. The server
// draws it; without this a reload shows the same.
import { announce } from "./dom.js";

const EVERY_MS = 1000;
const HIDDEN_MS = 5000; // a page that nobody looks at asks less often

let isHeld = false; // while somebody presses a button here, or has sent a form, nothing may be taken from under it

export function follow() {
  addEventListener("pointerdown", () => (isHeld = true));
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => setTimeout(() => (isHeld = false)));
  addEventListener("submit", () => setTimeout(() => (isHeld = true)));
  for (const section of document.querySelectorAll("section[data-job][data-open]")) watch(section);
}

async function watch(section) {
  let shown = section;
  while (shown.dataset.open !== undefined && shown.isConnected) {
    await new Promise((resolve) => setTimeout(resolve, document.hidden ? HIDDEN_MS : EVERY_MS));
    const page = await pageNow(shown);
    const next = page?.querySelector(`section[data-job="${CSS.escape(shown.dataset.job)}"]`);
    if (!next || isHeld) continue;
    if (next.dataset.open === undefined && page.querySelectorAll("main > section").length !== 1) return location.reload();
    shown = put(shown, next);
  }
}

/** The page as the server has it; none while it is away. */
async function pageNow(section) {
  try {
    const reply = await fetch(section.dataset.from || location.href);
    if (reply.ok) return new DOMParser().parseFromString(await reply.text(), "text/html");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  if (!section.querySelector(".lost")) {
    const note = document.createElement("p");
    Object.assign(note, { className: "lost soft", textContent: section.dataset.lost });
    section.append(note);
  }
  return null;
}

function put(old, next) {
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const title = (section) => section.querySelector("h1, h2")?.textContent;
  if (title(old) !== title(next)) announce(title(next));
  const node = document.adoptNode(next);
  old.replaceWith(node);
  if (focused) document.getElementById(focused)?.focus();
  return node;
}
