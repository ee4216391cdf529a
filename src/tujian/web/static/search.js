// The page of searching. A sentence is an ordinary form; a picture stays here and goes along with every question.
import { Refused, send } from "./api.js";
import { announce } from "./dom.js";
import { startGrid } from "./grid.js";
import { startRegion } from "./region.js";
import "./saved.js";
import { listenForDrops, listenForPastes } from "./sources.js";

const $ = (id) => document.getElementById(id);
const form = $("ask");
const sides = [...$("sides").querySelectorAll("input")];
const hasPicture = () => $("image").files.length > 0;
let asking = null;

startGrid();

/* a picture, and a frame on it */

const showRegion = startRegion($("marking"), $("mark-box"), sides, () => form.requestSubmit());

function clearRegion() {
  for (const field of sides) field.value = "";
  showRegion();
}

function take(sources) {
  const file = sources.find((one) => one.file)?.file;
  if (!file) return;
  const transfer = new DataTransfer();
  transfer.items.add(file);
  $("image").files = transfer.files;
  taken();
}

/** A picture from outside takes the place of an item's. */
function taken() {
  for (const field of form.querySelectorAll("[name=like], [name=picture]")) field.remove();
  clearRegion();
  showPicture();
  form.requestSubmit();
}

function showPicture() {
  const file = $("image").files[0];
  if ($("shown").src.startsWith("blob:")) URL.revokeObjectURL($("shown").src);
  $("query").hidden = !file;
  if (!file) return;
  $("shown").removeAttribute("width");
  $("shown").removeAttribute("height");
  $("shown").src = URL.createObjectURL(file);
  $("shown-name").textContent = file.name;
}

listenForDrops(take);
listenForPastes(take);
$("image").addEventListener("change", taken);
$("whole").addEventListener("click", () => (clearRegion(), form.requestSubmit()));
$("without").addEventListener("click", (event) => {
  if (event.target.href && !hasPicture()) return; // an item's picture: the address without it
  event.preventDefault();
  $("image").value = "";
  clearRegion();
  showPicture();
  if ($("q").value.trim()) form.requestSubmit();
  else $("results").replaceChildren();
});

/* asking */

form.addEventListener("submit", (event) => {
  $("trouble").hidden = true;
  $("whole").hidden = sides.some((field) => field.value === "");
  if (hasPicture()) {
    event.preventDefault();
    return ask(new FormData(form));
  }
  const empty = [$("image"), ...sides.filter((field) => field.value === "")]; // an address needs none of them
  for (const field of empty) field.disabled = true;
  setTimeout(() => empty.forEach((field) => (field.disabled = false)));
});

async function ask(wish) {
  asking?.abort();
  const mine = asking = new AbortController();
  $("results").setAttribute("aria-busy", "true");
  try {
    const reply = await send("/search", { method: "POST", body: wish, signal: mine.signal });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    $("results").replaceWith(document.adoptNode(page.getElementById("results")));
    $("strictness").value = page.getElementById("strictness").value;
    startGrid();
    announce(document.querySelector("#results [role]")?.textContent ?? "");
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refused)) throw error;
    $("trouble").textContent = `${error.message} ${error.remedy}`;
    $("trouble").hidden = false;
  } finally {
    if (asking === mine) $("results").removeAttribute("aria-busy");
  }
}

$("strictness").addEventListener("change", () => ($("q").value.trim() || !$("query").hidden) && form.requestSubmit());

/** What an address or a chip's form asks, with the picture that is here. */
function askAlso(entries) {
  const wish = new FormData();
  for (const [name, value] of entries) wish.append(name, value);
  wish.append("image", $("image").files[0]);
  ask(wish);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("#results :is(.chip-of, .ways) a");
  if (!link || !hasPicture() || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  askAlso(new URL(link.href).searchParams);
});
document.addEventListener("submit", (event) => {
  if (!hasPicture() || !event.target.matches(".chip-of form")) return;
  event.preventDefault();
  askAlso(new FormData(event.target));
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
