// Light, dark or the system's. A cookie keeps it, so the server can set it before the first paint.
import { make, say } from "./dom.js";

const ORDER = ["auto", "light", "dark"];
const YEAR_S = 365 * 24 * 3600;

function nameTheme(button) {
  const theme = document.documentElement.dataset.theme;
  const [sign, name] = say(`theme_${theme}`).split(/ (.*)/); // a phone has room for the sign only (page.css)
  button.replaceChildren(sign, make("span", { text: ` ${name}` }));
  button.setAttribute("aria-label", say("theme_label", { theme: say(`theme_${theme}`) }));
}

export function startTheme(button) {
  nameTheme(button);
  document.addEventListener("spoken", () => nameTheme(button));
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const next = ORDER[(ORDER.indexOf(root.dataset.theme) + 1) % ORDER.length];
    root.dataset.theme = next;
    document.cookie = `theme=${next};path=/;max-age=${YEAR_S};samesite=lax`;
    nameTheme(button);
  });
}
