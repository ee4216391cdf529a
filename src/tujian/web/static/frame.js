// What every page has: light or dark, the way to the search, and a picture that is dropped anywhere.
import { make, say } from "./dom.js";
import { hand } from "./handing.js";
import { isTaken, listenForDrops, listenForPastes } from "./sources.js";

const THEMES = ["auto", "light", "dark"];
const YEAR_S = 365 * 24 * 3600;
const theme = document.getElementById("theme");

/* light, dark or the system's: a cookie keeps it, so the server can set it before the first paint */

function nameTheme() {
  const name = say(`theme_${document.documentElement.dataset.theme}`);
  const [sign, rest] = name.split(/ (.*)/); // a phone has room for the sign only (page.css)
  theme.replaceChildren(sign, make("span", { text: ` ${rest}` }));
  theme.setAttribute("aria-label", say("theme_label", { theme: name }));
}

function turnTheme() {
  const root = document.documentElement;
  root.dataset.theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
  document.cookie = `theme=${root.dataset.theme};path=/;max-age=${YEAR_S};samesite=lax`;
  nameTheme();
}

nameTheme();
document.addEventListener("spoken", nameTheme);
theme.addEventListener("click", turnTheme);

/* ⌘K and Ctrl K: the search of this page, or the page of searching */

addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  const field = [...document.querySelectorAll("input[type=search]")].find((one) => one.checkVisibility());
  if (field) field.select();
  else location.href = "/search";
});

/* where a page takes no pictures itself, they are handed to the page that recognises */

addEventListener("load", () => {
  if (isTaken()) return;
  const go = async (sources) => sources.length && (await hand(sources)) && location.assign("/");
  listenForDrops(go);
  listenForPastes(go);
});
