// The wall of pictures: how large they are, and more of them while somebody scrolls.
import { reach, Refused } from "./api.js";
import { announce, say } from "./dom.js";

const ROW = "tujian-row"; // in localStorage
const AHEAD = "1600px"; // two screens: a page of 100 comes in less time than they take to scroll
const [TRIES, WAIT_MS] = [3, 1500]; // for a thumbnail: the queue of a busy server drains in seconds

const $ = (id) => document.getElementById(id);
let coming = false;

/* size */

function setRow(row_px) {
  $("grid").style.setProperty("--row", `${row_px}px`);
  $("size").value = row_px;
}

function startSize() {
  const kept = Number(localStorage.getItem(ROW));
  setRow(kept || Number.parseInt(getComputedStyle($("grid")).getPropertyValue("--row"), 10));
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
  more.classList.add("is-coming");
  try {
    const reply = await reach(more.href);
    const other = new DOMParser().parseFromString(await reply.text(), "text/html");
    put([...other.querySelectorAll("#grid > .page, #grid > section")], more);
    const next = other.getElementById("more");
    if (next) more.href = next.href;
    else more.remove();
    more.textContent = say("catalogue_more");
    if (next) watcher.observe(more);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    more.classList.remove("is-coming");
    more.textContent = `${error.message} ${error.remedy} ${say("retry")}`; // a press asks again
    announce(error.message);
  } finally {
    coming = false;
  }
}

function put(fresh, more) {
  const [last, focused] = [more.previousElementSibling, document.activeElement];
  const pages = fresh.map((one) => document.adoptNode(one));
  if (!last.matches("section")) join(last, pages[0]);
  else if (last.dataset.month === pages[0].dataset.month) { // the same month goes on
    const page = pages.shift().querySelector(".page");
    join(last.querySelector(".page:last-child"), page);
    last.append(page);
  }
  more.before(...pages);
  if (document.activeElement !== focused) focused.focus({ preventScroll: true });
}

/** The last row of what is there begins the fresh page, so that no row in the middle ends early. */
function join(page, fresh) {
  const bottom = page.lastElementChild.offsetTop;
  const row = [...page.children].filter((tile) => tile.offsetTop === bottom);
  if (row.length < page.children.length) fresh.prepend(...row);
}

const watcher = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && load(), { rootMargin: AHEAD });
/** Arrows go from picture to picture. */
function walk(event) {
  const step = { ArrowLeft: "previous", ArrowRight: "next" }[event.key];
  const tile = event.target.closest(".tile");
  if (!step || !tile) return;
  const page = tile.parentElement[`${step}ElementSibling`];
  const beside = tile[`${step}ElementSibling`] ?? page?.[step === "next" ? "firstElementChild" : "lastElementChild"];
  if (!beside?.matches(".tile")) return;
  event.preventDefault();
  beside.querySelector("a").focus();
}

/** The server may be busy with making others: a picture that did not come is asked for again. */
function comeAgain({ target }) {
  const tries = Number(target.dataset.tries ?? 0) + 1;
  if (target.tagName !== "IMG" || tries > TRIES) return;
  target.dataset.tries = tries;
  const address = target.src;
  setTimeout(() => (target.src = address), WAIT_MS * tries);
}

/** Once for each wall that comes into the page. */
export function startGrid() {
  if ($("size")) startSize();
  $("grid")?.addEventListener("keydown", walk);
  $("grid")?.addEventListener("error", comeAgain, true);
  if (!$("more")) return;
  watcher.observe($("more"));
  $("more").classList.add("is-coming");
  $("more").addEventListener("click", (event) => (event.preventDefault(), load()));
}
