// Elements and words. Text reaches the document through textContent and attributes only, never as markup:
// what stands on a picture is foreign text.

let words = JSON.parse(document.querySelector("meta[name=words]").content);

export const lang = () => document.documentElement.dataset.lang;

export function say(key, parts = {}) {
  if (!(key in words)) throw new Error(`words:${key}`);
  return words[key].replace(/\{(\w+)\}/g, (_, name) => parts[name]);
}

export const knows = (key) => key in words;

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export function announce(text) {
  document.getElementById("live").textContent = text;
}

/** The page's words in another language, without losing the pictures: the same page is fetched and its words taken. */
export async function speak(address) {
  const reply = await fetch(address);
  const other = new DOMParser().parseFromString(await reply.text(), "text/html");
  words = JSON.parse(other.querySelector("meta[name=words]").content);
  const root = document.documentElement;
  root.lang = other.documentElement.lang;
  root.dataset.lang = other.documentElement.dataset.lang;
  document.title = other.title;
  document.getElementById("lang").href = other.getElementById("lang").getAttribute("href");
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = say(node.dataset.word);
  for (const node of document.querySelectorAll("[data-word-label]")) {
    node.setAttribute("aria-label", say(node.dataset.wordLabel));
  }
  for (const node of document.querySelectorAll("[data-word-placeholder]")) {
    node.placeholder = say(node.dataset.wordPlaceholder);
  }
  document.dispatchEvent(new Event("spoken")); // for modules with words of their own
}
