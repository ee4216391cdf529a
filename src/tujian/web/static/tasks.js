// A task is written: what is wrong is said while somebody types, and a picture shows what it makes. Parts of the page
// come from the server as HTML and are put in place.
import { fetchSample, reach, Refused } from "./api.js";
import { announce, say } from "./dom.js";
import { listenForDrops, listenForPastes } from "./sources.js";

const REST_MS = 350; // after the last key
const $ = (id) => document.getElementById(id);
startWriting($("task"), $("text"));

function startWriting(form, text) {
  const begun = text.value;
  let [timer, asked, picture, leaving] = [0, 0, null, false];

  /** A part of a page for what is written now. */
  async function part(path, file) {
    const body = new FormData();
    body.append("text", text.value);
    if (file) body.append("image", file, file.name);
    const reply = await reach(path, { method: "POST", body });
    return new DOMParser().parseFromString(await reply.text(), "text/html");
  }

  async function check() {
    const mine = ++asked;
    try {
      const page = await part("/tasks/check");
      if (mine !== asked) return; // somebody typed on
      put(page);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      $("verdict").textContent = `${error.message} ${error.remedy}`;
    }
  }

  function put(page) {
    const isGood = Number(page.getElementById("verdict").dataset.line) === 0;
    const open = [...document.querySelectorAll("#made details")].map((one) => one.open);
    if (isGood) $("made").replaceWith(document.adoptNode(page.getElementById("made")));
    [...document.querySelectorAll("#made details")].forEach((one, place) => (one.open = Boolean(open[place])));
    $("made").classList.toggle("is-old", !isGood);
    tell(document.adoptNode(page.getElementById("verdict")));
  }

  function tell(verdict) {
    $("verdict").replaceWith(verdict);
    const line = Number(verdict.dataset.line);
    text.setAttribute("aria-invalid", String(line > 0));
    if (line) verdict.addEventListener("click", () => mark(line));
  }

  /** The wrong line, chosen and scrolled to. */
  function mark(line) {
    const before = text.value.split("\n").slice(0, line - 1).join("\n");
    const from = before.length + (line > 1 ? 1 : 0);
    const to = text.value.indexOf("\n", from);
    text.focus();
    text.setSelectionRange(from, to < 0 ? text.value.length : to);
    text.scrollTop = (line - 4) * Number.parseFloat(getComputedStyle(text).lineHeight);
  }

  async function look(file) {
    picture = file;
    const [shown, note] = [$("shown"), $("try-error")];
    const img = shown.querySelector("img");
    URL.revokeObjectURL(img.src);
    img.src = URL.createObjectURL(file);
    shown.hidden = false;
    note.hidden = true;
    $("drop").parentElement.setAttribute("aria-busy", "true");
    try {
      const page = await part("/tasks/try", file);
      $("tried").replaceWith(document.adoptNode(page.getElementById("tried")));
      announce(say("task_tried"));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      $("tried").replaceChildren();
      note.textContent = `${error.message} ${error.remedy}`;
      note.hidden = false;
    } finally {
      $("drop").parentElement.removeAttribute("aria-busy");
    }
  }

  const take = (sources) => sources[0]?.file && look(sources[0].file);
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(check, REST_MS);
  });
  form.addEventListener("submit", () => (leaving = true));
  addEventListener("beforeunload", (event) => text.value !== begun && !leaving && event.preventDefault());
  $("picture").addEventListener("change", ({ target }) => target.files[0] && look(target.files[0]));
  $("drop").addEventListener("click", async ({ target }) => {
    const sample = target.closest("[data-sample]");
    if (sample) look(await fetchSample(sample.dataset.sample));
  });
  $("again").addEventListener("click", () => look(picture));
  listenForDrops(take);
  listenForPastes(take);
  tell($("verdict"));
}
