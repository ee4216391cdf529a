// The timeline: more of it while somebody scrolls, and the month that is looked at, marked in the rail.
import { startGrid } from "./grid.js";

const rail = document.getElementById("rail");
const grid = document.getElementById("grid");
const inView = new Set();

function mark() {
  const shown = [...inView].sort((a, b) => a.offsetTop - b.offsetTop)[0];
  for (const link of rail.querySelectorAll("a")) {
    const isHere = link.dataset.month === shown?.dataset.month;
    if (isHere === link.hasAttribute("aria-current")) continue;
    link.toggleAttribute("aria-current", isHere);
    if (isHere) rail.scrollTo({ top: link.offsetTop - rail.clientHeight / 2 });
  }
}

const watcher = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) isIntersecting ? inView.add(target) : inView.delete(target);
  mark();
}, { rootMargin: "-10% 0px -70% 0px" });

const watch = (node) => node.matches?.("section") && watcher.observe(node);

if (grid) {
  startGrid();
  grid.querySelectorAll("section").forEach(watch);
  new MutationObserver((changes) => changes.forEach((one) => one.addedNodes.forEach(watch))).observe(grid, { childList: true });
}

/* a month that is here already is scrolled to; another is a page */
rail?.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  const there = link && grid.querySelector(`section[data-month="${link.dataset.month}"]`);
  if (!there || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  history.replaceState(null, "", link.href);
  there.scrollIntoView();
  there.querySelector("a")?.focus({ preventScroll: true });
});
