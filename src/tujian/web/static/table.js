// The table of items: a cell becomes a field, chosen rows are changed together, and both can be taken back.
import { reach, Refused } from "./api.js";
import { announce, make, say } from "./dom.js";
import { change, tell, typed } from "./editing.js";
import { toast } from "./toast.js";

const $ = (id) => document.getElementById(id);
const table = $("table");
const bulk = $("bulk");
const { seeing } = table?.dataset ?? {};
const also = new URLSearchParams(seeing).getAll("also");

const headOf = (cell) => table.tHead.rows[0].cells[cell.cellIndex];
const chosen = () => [...table.querySelectorAll("tbody input:checked")].map((box) => box.closest("tr"));
const ids = (rows) => rows.map((row) => row.dataset.id);

/** The rows as the server has them now. */
async function refresh() {
  const reply = await reach(location.href);
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const kept = new Set(ids(chosen()));
  table.tBodies[0].replaceWith(document.adoptNode(page.querySelector("#table tbody")));
  for (const box of table.querySelectorAll("tbody input")) box.checked = kept.has(box.value);
  count();
}

function complain(error, note = bulk.querySelector(".form-error")) {
  if (!(error instanceof Refused)) throw error;
  bulk.hidden = false;
  note.textContent = `${error.message} ${error.remedy}`;
  note.hidden = false;
}

/* a cell */

function edit(button) {
  const cell = button.closest("td");
  const { type, options } = headOf(cell).dataset;
  const told = JSON.parse(options);
  const text = button.textContent === "—" ? "" : button.textContent;
  const label = headOf(cell).textContent;
  const field = told.length || type === "flag"
    ? make("select", { "aria-label": label }, ...choices(told, type, text))
    : make("input", { type: "text", value: text, maxlength: 20000, "aria-label": label });
  const before = button.textContent;
  let left = false;
  const leave = (keep) => {
    if (left) return;
    left = true;
    button.hidden = false;
    field.remove();
    if (keep && field.value !== text) save(cell, button, before, typed(field.value, type));
  };
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") (event.preventDefault(), leave(true), button.focus());
    if (event.key === "Escape") (leave(false), button.focus());
  });
  field.addEventListener("blur", () => leave(true));
  button.hidden = true;
  button.after(field);
  field.focus();
}

function choices(told, type, text) {
  const all = type === "flag" ? [["true", say("yes")], ["false", say("no")]] : told.map((one) => [one, one]);
  return [["", ""], ...all].map(([value, name]) => make("option", { value, text: name, selected: name === text }));
}

async function save(cell, button, before, value) {
  const row = cell.closest("tr");
  const { field } = headOf(cell).dataset;
  button.textContent = Array.isArray(value) ? value.join("、") : value ?? "—";
  try {
    const reply = await change(row.dataset.id, { fields: { [field]: value } }, row.dataset.version, seeing);
    row.dataset.version = (await reply.json()).version;
    cell.className = "is-human is-person";
    toast(say("edit_saved", { name: headOf(cell).textContent }), () => back([row]));
  } catch (error) {
    button.textContent = before;
    complain(error);
    if (error.status === 412) await refresh();
  }
}

async function back(rows) {
  try {
    for (const { dataset } of rows) await reach(`/v1/items/${dataset.id}/undo${seeing && "?"}${seeing}`, { method: "POST" });
  } catch (error) {
    complain(error);
  }
  await refresh();
}

/* rows */

function count() {
  const rows = chosen();
  bulk.hidden = !rows.length;
  bulk.querySelector(".form-error").hidden = true;
  $("chosen-count").textContent = say("table_chosen", { count: rows.length });
  $("all").checked = rows.length > 0 && rows.length === table.tBodies[0].rows.length;
  $("export").href = `/export?${new URLSearchParams([...ids(rows).map((id) => ["item", id]), ...also.map((one) => ["also", one])])}`;
}

let last = null;
function choose({ target, shiftKey }) {
  const boxes = [...table.querySelectorAll("tbody input")];
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(target)].sort((a, b) => a - b);
  if (shiftKey && from >= 0) for (const box of boxes.slice(from, to + 1)) box.checked = target.checked;
  last = target;
  count();
}

const works = {
  async set(rows) {
    const { field, value } = bulk.elements;
    const wish = { [field.value]: typed(value.value, field.selectedOptions[0].dataset.type) };
    const done = await tell("/v1/items/bulk", { items: ids(rows), fields: wish, also });
    await refresh();
    toast(say("table_set_done", { count: done.items }), () => takeBack(done.batch, rows));
  },
  async hide(rows) {
    const seen = ids(rows.filter((row) => row.dataset.visibility === "shown"));
    const see = (visibility) => tell("/v1/items/bulk", { items: seen, visibility, also });
    if (seen.length) await see("hidden");
    await refresh();
    toast(say("table_hidden", { count: seen.length }), () => see("shown").then(refresh).catch(complain));
  },
  async look(rows) {
    await tell("/v1/jobs", { items: ids(rows) });
    toast(say("table_looking", { count: rows.length }));
  },
  async none(rows) {
    for (const row of rows) row.querySelector("input").checked = false;
    count();
    announce($("chosen-count").textContent);
  },
};

async function takeBack(batch, rows) {
  try {
    await tell("/v1/items/bulk/undo", { batch, items: ids(rows), also });
  } catch (error) {
    complain(error);
  }
  await refresh();
}

async function work(name) {
  for (const button of bulk.querySelectorAll("button")) button.disabled = true;
  try {
    await works[name](chosen());
  } catch (error) {
    complain(error);
  } finally {
    for (const button of bulk.querySelectorAll("button")) button.disabled = false;
  }
}

if (table) {
  table.addEventListener("click", (event) => {
    if (event.target.matches(".cell")) edit(event.target);
    if (event.target.matches("tbody input")) choose(event);
  });
  $("all").addEventListener("change", ({ target }) => {
    for (const box of table.querySelectorAll("tbody input")) box.checked = target.checked;
    count();
  });
  bulk.addEventListener("submit", (event) => (event.preventDefault(), work("set")));
  bulk.addEventListener("click", ({ target }) => target.dataset.do && work(target.dataset.do));
  count(); // the browser keeps what was chosen when somebody comes back
}
