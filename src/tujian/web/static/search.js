// The page of searching. A sentence is an ordinary form; pictures stay here and go along with every question.
import { Refused, send } from "./api.js";
import { announce, say } from "./dom.js";
import { startGrid } from "./grid.js";
import "./saved.js";
import { startSought } from "./sought.js";
import { listenForDrops, listenForPastes } from "./sources.js";

const $ = (id) => document.getElementById(id);
const form = $("ask");
const { most } = $("image").dataset;
const sides = [...$("sides").querySelectorAll("input")];
let asking = null;

startGrid();

/* pictures, and a frame on each */

const sought = startSought(() => {
  if (sought.any() || $("q").value.trim() || form.elements.like) return form.requestSubmit();
  asking?.abort();
  $("results").replaceChildren();
});

/** Pictures from outside take the place of an item's. */
function add(files) {
  if (files.length) for (const one of form.querySelectorAll("[name=like], [name=picture], #without")) one.remove();
  if (!sought.add(files)) complain(say("search_too_many", { most }));
}

const take = (sources) => add(sources.flatMap(({ file }) => file ?? []));
listenForDrops(take);
listenForPastes(take);
$("image").addEventListener("change", () => add([...$("image").files]));
$("whole").addEventListener("click", () => (sought.clearFrame(), form.requestSubmit()));

function complain(words) {
  $("trouble").textContent = words;
  $("trouble").hidden = !words;
}

/* asking */

form.addEventListener("submit", (event) => {
  complain("");
  if (sought.any()) {
    event.preventDefault();
    return ask(new FormData(form));
  }
  const empty = [$("image"), ...sides.filter((field) => field.value === "")]; // an address needs none of them
  for (const field of empty) field.disabled = true;
  setTimeout(() => empty.forEach((field) => (field.disabled = false)));
});

/** With the pictures that are here. */
async function ask(wish) {
  asking?.abort();
  const mine = asking = new AbortController();
  $("results").setAttribute("aria-busy", "true");
  try {
    const reply = await send("/search", { method: "POST", body: sought.putInto(wish), signal: mine.signal });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    $("results").replaceWith(document.adoptNode(page.getElementById("results")));
    $("strictness").value = page.getElementById("strictness").value;
    startGrid();
    announce(document.querySelector("#results [role]")?.textContent ?? "");
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refused)) throw error;
    complain(`${error.message} ${error.remedy}`);
  } finally {
    if (asking === mine) $("results").removeAttribute("aria-busy");
  }
}

$("strictness").addEventListener("change", () => ($("q").value.trim() || !$("query").hidden) && form.requestSubmit());

/** What an address asks. */
function askAt(address) {
  const wish = new FormData();
  for (const [name, value] of new URL(address).searchParams) wish.append(name, value);
  ask(wish);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("#results :is(.chip-of, .ways) a");
  if (!link || !sought.any() || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  askAt(link.href);
});
document.addEventListener("submit", (event) => {
  if (!sought.any() || !event.target.matches(".chip-of form")) return;
  event.preventDefault();
  ask(new FormData(event.target));
});

/* one chip's form is open at a time; Escape and a press elsewhere close it */

const opened = () => [...document.querySelectorAll(".change[open]")];
document.addEventListener("click", ({ target }) => opened().forEach((one) => one.contains(target) || (one.open = false)));
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  for (const one of opened()) {
    one.open = false;
    one.querySelector("summary").focus();
  }
});
