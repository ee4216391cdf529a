// The page of searching. A sentence is an ordinary form; a picture stays here and goes along with every question.
import { Refused, send } from "./api.js";
import { announce } from "./dom.js";
import { startGrid } from "./grid.js";
import { listenForDrops, listenForPastes } from "./sources.js";

const $ = (id) => document.getElementById(id);
const form = $("ask");
let asking = null;

startGrid();

/* a picture */

function take(sources) {
  const file = sources.find((one) => one.file)?.file;
  if (!file) return;
  const transfer = new DataTransfer();
  transfer.items.add(file);
  $("image").files = transfer.files;
  showPicture();
  form.requestSubmit();
}

function showPicture() {
  const file = $("image").files[0];
  URL.revokeObjectURL($("shown").src);
  $("shown-picture").hidden = !file;
  if (!file) return;
  $("shown").src = URL.createObjectURL(file);
  $("shown-name").textContent = file.name;
}

listenForDrops(take);
listenForPastes(take);
$("image").addEventListener("change", () => (showPicture(), form.requestSubmit()));
$("without").addEventListener("click", () => {
  $("image").value = "";
  showPicture();
  if ($("q").value.trim()) form.requestSubmit();
});

/* asking */

form.addEventListener("submit", (event) => {
  $("trouble").hidden = true;
  const hasPicture = $("image").files.length > 0;
  $("image").disabled = !hasPicture; // an address needs no name of a file
  setTimeout(() => ($("image").disabled = false));
  if (!hasPicture) return;
  event.preventDefault();
  ask(new FormData(form));
});

async function ask(wish) {
  asking?.abort();
  const mine = asking = new AbortController();
  $("results").setAttribute("aria-busy", "true");
  try {
    const reply = await send("/search", { method: "POST", body: wish, signal: mine.signal });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    $("results").replaceWith(document.adoptNode(page.getElementById("results")));
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

$("strictness").addEventListener("change", () => ($("q").value.trim() || $("image").files.length) && form.requestSubmit());

/** Links that change a question are addresses; with a picture they change the form instead. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("#results a[data-drop], #results a[data-strictness]");
  if (!link || !$("image").files.length) return;
  event.preventDefault();
  const { drop, strictness } = link.dataset;
  if (strictness) $("strictness").value = strictness;
  const wish = new FormData(form);
  if (drop) {
    const dropped = wish.getAll("drop");
    wish.delete("drop");
    const now = dropped.includes(drop) ? dropped.filter((one) => one !== drop) : [...dropped, drop];
    for (const one of now) wish.append("drop", one);
  }
  ask(wish);
});
