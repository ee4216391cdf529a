// The plate of an item: lines from values to the picture, a closer look, editing in place.
import { reach, Refused } from "./api.js";
import { announce, make, say } from "./dom.js";
import { change, typed } from "./editing.js";
import { Leaders } from "./leaders.js";

const $ = (id) => document.getElementById(id);
let leaders = null;

draw();

function draw() {
  leaders?.close();
  const stage = $("stage");
  const figure = stage.querySelector(".frame");
  if (!figure) return;
  const [left, right] = stage.querySelectorAll(".column");
  const cards = [...stage.querySelectorAll(".value")].map((node) => ({
    id: `field:${node.dataset.field}`,
    places: JSON.parse(node.dataset.places),
    verdict: node.dataset.verdict,
    line: true,
    node,
  }));
  leaders = new Leaders({ stage, figure, left, right }, cards);
}

/* a closer look */

document.addEventListener("click", (event) => {
  const zoomed = event.target.closest("[data-zoom]");
  if (!zoomed || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  $("zoom").querySelector("img").src = zoomed.href;
  $("zoom").showModal();
});
$("zoom").addEventListener("click", ({ target }) => target.tagName !== "BUTTON" && $("zoom").close());

/* editing */

async function alter(wish, version) {
  const { id, seeing } = $("plate").dataset;
  await change(id, wish, version, seeing);
}

/** The page as the server has it now. */
async function now() {
  const reply = await reach(location.href);
  return new DOMParser().parseFromString(await reply.text(), "text/html");
}

function show(page, field) {
  $("plate").replaceWith(document.adoptNode(page.getElementById("plate")));
  draw();
  const edit = cardOf(document, field)?.querySelector(".edit > summary");
  (edit ?? $("plate").querySelector(".add > summary")).focus();
}

const cardOf = (page, field) => page.querySelector(`.value[data-field="${CSS.escape(field)}"]`);

async function save(form, value, version) {
  const field = form.dataset.edit || form.elements.field.value;
  const label = form.dataset.edit
    ? form.closest(".value, .maybe").querySelector(".label").textContent
    : form.elements.field.selectedOptions[0].textContent;
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  try {
    await alter({ fields: { [field]: value } }, version);
    show(await now(), field);
    announce(say("edit_saved", { name: label }));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 412) await conflict(form, field, value);
    else complain(form.querySelector(".form-error"), `${error.message} ${error.remedy}`);
  } finally {
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  }
}

/** Somebody was quicker: what stands there now is shown beside what was typed, and a person decides. */
async function conflict(form, field, value) {
  const page = await now();
  const card = cardOf(page, field);
  const who = card?.querySelector(".check .quote")?.textContent ?? "";
  const words = say("conflict", { value: card?.querySelector(".said").textContent ?? say("edit_is_none"), who });
  const version = page.getElementById("plate").dataset.version;
  const button = (text, act) => make("button", { type: "button", text, onclick: act });
  const mine = button(say("conflict_mine"), () => save(form, value, version));
  const note = form.querySelector(".form-error");
  complain(note, words);
  note.append(make("span", { class: "acts" }, mine, button(say("conflict_theirs"), () => show(page, field))));
  mine.focus();
}

function complain(note, words) {
  note.replaceChildren(make("span", { text: words }));
  note.hidden = false;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.edit === undefined) return;
  event.preventDefault();
  const type = form.dataset.edit ? form.dataset.type : form.elements.field.selectedOptions[0].dataset.type;
  save(form, typed(form.elements.value.value, type), $("plate").dataset.version);
});

document.addEventListener("click", async ({ target }) => {
  const { none, undo, visibility } = target.dataset;
  const { id, version, seeing } = $("plate").dataset;
  try {
    if (none !== undefined) await save(target.form, null, version);
    if (undo !== undefined) {
      await reach(`/v1/items/${id}/undo${seeing && "?"}${seeing}`, { method: "POST" });
      show(await now(), "");
      announce(say("item_undone"));
    }
    if (visibility) {
      await alter({ visibility }, version);
      location.href = `/catalogue/${id}${visibility === "shown" ? "" : `?also=${visibility}`}`;
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    complain($("trouble"), `${error.message} ${error.remedy}`);
  }
});

/* by the keyboard: an opened form has the focus, Escape closes it, Enter saves what has one line */

document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches(".edit, .add")) target.querySelector("textarea, select").focus();
}, true);
document.addEventListener("keydown", (event) => {
  const details = event.target.closest(".edit[open], .add[open]");
  if (!details) return;
  if (event.key === "Escape") {
    details.open = false;
    details.querySelector("summary").focus();
  }
  const { target } = event;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && target.matches("textarea[rows='1']")) {
    event.preventDefault();
    target.form.requestSubmit();
  }
});
