// The wall of pictures: how large they are, and more of them while somebody scrolls.
import { reach, Refused } from "./api.js";
import { announce, say } from "./dom.js";
import { startTheme } from "./theme.js";

const ROW = "tujian-row"; // in localStorage
const AHEAD = "1600px"; // two screens: a page of 100 comes in less time than they take to scroll

const $ = (id) => document.getElementById(id);
const grid = $("grid");
let coming = false;

startTheme($("theme"));

/* size */

function setRow(row_px) {
  grid.style.setProperty("--row", `${row_px}px`);
  $("size").value = row_px;
}

if ($("size")) {
  const kept = Number(localStorage.getItem(ROW));
  setRow(kept || Number.parseInt(getComputedStyle(grid).getPropertyValue("--row"), 10));
  $("size").addEventListener("input", ({ target }) => {
    setRow(target.value);
    localStorage.setItem(ROW, target.value);
  });
}

/* more */

async function load() {
  const more = $("more");
  if (coming || !more) return;
  coming = true;
  watcher.unobserve(more);
  try {
    const reply = await reach(more.href);
    const other = new DOMParser().parseFromString(await reply.text(), "text/html");
    put(other.querySelector(".page"), more);
    const next = other.getElementById("more");
    if (next) more.href = next.href;
    else more.remove();
    more.textContent = say("catalogue_more");
    if (next) watcher.observe(more);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    more.textContent = `${error.message} ${error.remedy} ${say("retry")}`; // a press asks again
    announce(error.message);
  } finally {
    coming = false;
  }
}

/** The last row of what is there begins the fresh page, so that no row in the middle ends early. */
function put(fresh, more) {
  const page = more.previousElementSibling;
  const focused = document.activeElement;
  const bottom = page.lastElementChild.offsetTop;
  const row = [...page.children].filter((tile) => tile.offsetTop === bottom);
  if (row.length < page.children.length) fresh.prepend(...row);
  more.before(document.adoptNode(fresh));
  if (fresh.contains(focused)) focused.focus({ preventScroll: true });
}

const watcher = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && load(), { rootMargin: AHEAD });
if ($("more")) {
  watcher.observe($("more"));
  $("more").addEventListener("click", (event) => (event.preventDefault(), load()));
}

/* by the keyboard: arrows go from picture to picture */

grid.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: "previous", ArrowRight: "next" }[event.key];
  const tile = event.target.closest(".tile");
  if (!step || !tile) return;
  const page = tile.parentElement[`${step}ElementSibling`];
  const beside = tile[`${step}ElementSibling`] ?? page?.[step === "next" ? "firstElementChild" : "lastElementChild"];
  if (!beside) return;
  event.preventDefault();
  beside.querySelector("a").focus();
});
