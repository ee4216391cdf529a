// The page: pictures with their states, two in work at a time, one of them on the plate.
import { askPreview, askRecord, fetchSample, listTasks, Refused } from "./api.js";
import { announce, lang, make, say, speak } from "./dom.js";
import { save, toCsv } from "./exports.js";
import { takeHanded } from "./handing.js";
import { Plate } from "./plate.js";
import { fromAddress, fromFile, listenForDrops, listenForPastes } from "./sources.js";

const AT_A_TIME = 2; // the server works on as many as it has cores; two keep it and the line busy
// Shown from the user's own file. GIF stays out: it would move, and its record is of the first frame.
const SHOWN_BY_BROWSERS = ["image/jpeg", "image/png", "image/webp", "image/avif", "image/bmp"];
const SAME_SHAPE = 0.03; // a larger difference of proportions means the browser did not turn the picture upright

const $ = (id) => document.getElementById(id);
const plate = new Plate($("plate"));
const items = [];
let current = null;
let running = 0;
let tasks = [];

class Item {
  constructor(source) {
    Object.assign(this, {
      source,
      name: source.name,
      state: "waiting",
      record: null,
      error: null,
      talk: [],
      wait_s: 0,
      url: null,
    });
    this.own = SHOWN_BY_BROWSERS.includes(source.file?.type) ? URL.createObjectURL(source.file) : null;
  }

  /** An address for <img>: the user's own file, or the server's JPEG of it where the browser cannot show it upright. */
  async picture(size) {
    if (this.url) return this.url;
    if (this.own && (await fits(this.own, size))) return this.own;
    if (!this.record) await this.looked();
    this.preview ??= askPreview(this.source);
    const jpeg = await this.preview;
    this.url ??= URL.createObjectURL(jpeg);
    return this.url;
  }

  looked() {
    return new Promise((resolve) => ((this.whenLooked ??= []), this.whenLooked.push(resolve)));
  }

  drop() {
    for (const url of [this.own, this.url]) if (url) URL.revokeObjectURL(url);
  }
}

async function fits(url, size) {
  const img = make("img", { src: url });
  try {
    await img.decode();
  } catch (error) {
    if (error instanceof DOMException) return false; // EncodingError: the browser cannot decode it
    throw error;
  }
  const shape = img.naturalWidth / img.naturalHeight;
  return !size || Math.abs(shape / (size[0] / size[1]) - 1) < SAME_SHAPE;
}

function take(sources) {
  const fresh = sources.map((source) => new Item(source));
  if (!fresh.length) return;
  items.push(...fresh);
  document.body.classList.add("has-pictures");
  if (!current || items.length === fresh.length) show(fresh[0]);
  drawStrip();
  work();
}

function work() {
  while (running < AT_A_TIME) {
    const item = items.find((one) => one.state === "waiting");
    if (!item) return;
    running += 1;
    look(item).finally(() => {
      running -= 1;
      work();
    });
  }
}

async function look(item, question = null) {
  change(item, { state: "reading", error: null });
  const spoken = lang();
  try {
    const record = await askRecord(
      item.source,
      { task: $("task").value, question },
      (wait_s) => change(item, { state: "busy", wait_s }),
    );
    if (!items.includes(item)) return;
    if (spoken !== lang()) return change(item, { state: "waiting" }); // the language was changed meanwhile
    if (question) item.talk.push({ question, answer: record.answer || say("answer_none") });
    item.record = record;
    item.whenLooked?.forEach((resolve) => resolve());
    change(item, { state: "done" });
    const seen = Object.values(record.fields).filter(({ verdict }) => verdict !== "unseen").length;
    announce(question ? item.talk.at(-1).answer : say("live_done", { name: item.name, seen }));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (!items.includes(item)) return;
    if (question) item.talk.push({ question, answer: `${error.message} ${error.remedy ?? ""}` }); // the record stays
    change(item, question ? { state: "done" } : { state: "failed", error });
    announce(say("live_failed", { name: item.name, message: error.message }));
  }
}

function change(item, news) {
  Object.assign(item, news);
  drawStrip();
  if (item === current) show(item);
}

const stateWords = (item) => (item.error ? item.error.message : say(`state_${item.state}`, { seconds: item.wait_s }));

function show(item) {
  current = item;
  if (item.record && item.state !== "done" && plate.shown === item) {
    $("plate").firstChild.setAttribute("aria-busy", "true");
  } else if (item.record) plate.showRecord(item, foot(item));
  else plate.showState(item, stateWords(item), () => look(item));
  drawStrip();
}

function foot(item) {
  const { record } = item;
  const done = items.filter((one) => one.record);
  const button = (words, act) => make("button", { type: "button", text: words, onclick: act });
  return make(
    "footer",
    {},
    ask(item),
    make(
      "div",
      { class: "foot-row" },
      make(
        "div",
        { class: "how" },
        spent(record),
        make("span", { text: `${say("recipe")} ${record.recipe.slice(0, 8)}`, title: record.recipe }),
        make("span", { text: engineWords(record) }),
      ),
      make(
        "div",
        { class: "buttons" },
        button(say("copy_json"), (event) => copy(event.currentTarget, record)),
        button(say("save_json"), () => save(JSON.stringify(record, null, 2), `${item.name}.json`, "application/json")),
        button(
          done.length > 1 ? say("save_csv_all", { count: done.length }) : say("save_csv"),
          () => save(toCsv(done), "tujian.csv", "text/csv"),
        ),
      ),
    ),
  );
}

function spent(record) {
  const { total, ...steps } = record.timings_ms ?? {};
  const rows = Object.entries(steps).filter(([, ms]) => typeof ms === "number").map(([step, ms]) =>
    make("li", { class: "figures", text: `${step} ${Math.round(ms)} ms` })
  );
  const words = say("took", { seconds: ((total ?? 0) / 1000).toFixed(2) });
  if (!rows.length) return make("span", { class: "figures", text: words });
  return make(
    "details",
    { class: "timings" },
    make("summary", { class: "figures", text: words, title: say("timings") }),
    make("ul", {}, ...rows),
  );
}

function engineWords({ engine }) {
  if (!engine) return say("engine_none");
  return `${engine.model} · ${engine.remote ? new URL(engine.url).host : say("engine_local")}`;
}

async function copy(button, record) {
  try {
    await navigator.clipboard.writeText(JSON.stringify(record, null, 2));
    button.textContent = say("copied");
  } catch (error) {
    if (!(error instanceof DOMException || error instanceof TypeError)) throw error; // no clipboard over plain http
    button.textContent = say("copy_failed");
  }
  announce(button.textContent);
}

function ask(item) {
  const field = make("input", {
    id: "question",
    list: "presets",
    "aria-label": say("ask_label"),
    placeholder: say("prompt_describe"),
    autocomplete: "off",
  });
  const button = make("button", { text: say("ask"), class: "main-button" });
  return make(
    "form",
    {
      class: "ask",
      onsubmit: async (event) => {
        event.preventDefault();
        const question = field.value.trim() || say("prompt_describe");
        button.textContent = say("asking");
        button.disabled = true;
        await look(item, question);
        if (item === current) $("question").focus();
      },
    },
    field,
    button,
  );
}

/** The strip keeps its buttons and changes only their words, so that hundreds of pictures stay light. */
function drawStrip() {
  const strip = $("strip");
  strip.hidden = items.length < 2;
  const hadFocus = strip.contains(document.activeElement);
  for (const item of items) {
    item.thumb ??= thumbnail(item);
    if (!item.thumb.isConnected) strip.append(item.thumb);
    nameThumbnail(item);
  }
  strip.append($("clear"));
  if (hadFocus) strip.querySelector("[aria-current]")?.focus();
}

function thumbnail(item) {
  const button = make("button", { type: "button", title: item.name, onclick: () => show(item) });
  const kind = item.name.split(".").pop().slice(0, 5);
  button.append(
    item.own
      ? make("img", { src: item.own, alt: "", loading: "lazy" })
      : make("span", { class: "no-thumb", text: kind }),
    make("span", { class: "thumb-state" }),
  );
  return button;
}

function nameThumbnail(item) {
  const here = item === current;
  const { thumb } = item;
  thumb.className = `thumb is-${item.state}`;
  thumb.tabIndex = here ? 0 : -1;
  if (here) thumb.setAttribute("aria-current", "true");
  else thumb.removeAttribute("aria-current");
  thumb.setAttribute("aria-label", `${item.name} ${stateWords(item)}`);
  thumb.lastChild.textContent = say(`state_${item.state}`, { seconds: item.wait_s });
  if (item.url && thumb.firstChild.localName !== "img") {
    thumb.firstChild.replaceWith(make("img", { src: item.url, alt: "" }));
  }
}

function clear() {
  for (const item of items.splice(0)) item.drop();
  $("strip").replaceChildren($("clear"));
  current = null;
  plate.clear();
  document.body.classList.remove("has-pictures");
  drawStrip();
  $("choose").focus();
}

/** Left and right go from picture to picture, unless someone is writing or choosing. */
function step(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (
    !by || !current || event.target.closest("input, select, textarea") || event.ctrlKey || event.altKey || event.metaKey
  ) return;
  const next = items[items.indexOf(current) + by];
  if (!next) return;
  event.preventDefault();
  show(next);
}

function again(all) {
  for (const item of all) {
    if (item.state === "done" || item.state === "failed") {
      Object.assign(item, { state: "waiting", record: null, error: null });
    }
  }
  if (current) show(current);
  work();
}

function fillTasks() {
  const select = $("task");
  const chosen = select.value;
  for (const option of [...select.options].slice(1)) option.remove();
  for (const task of tasks) {
    if (task.name !== "auto") select.append(make("option", { value: task.name, text: task.title[lang()] }));
  }
  select.value = chosen;
}

async function changeLanguage(event) {
  if (!items.length) return;
  event.preventDefault();
  await speak(event.currentTarget.href);
  fillTasks();
  again(items);
}

function complain(message) {
  $("add-error").textContent = message ?? "";
  $("add-error").hidden = !message;
}

function openAddress(event) {
  event.preventDefault();
  const source = fromAddress($("url").value);
  complain(source ? null : say("url_wrong"));
  if (!source) return $("url").focus();
  $("url").value = "";
  take([source]);
}

async function trySample(event) {
  const button = event.target.closest("[data-sample]");
  if (button) await orComplain(async () => take([fromFile(await fetchSample(button.dataset.sample))]));
}

async function start() {
  listenForDrops(take);
  listenForPastes(take);
  addEventListener("keydown", step);
  $("choose").addEventListener("click", () => $("files").click());
  $("files").addEventListener("change", (event) => {
    take([...event.target.files].map(fromFile));
    event.target.value = ""; // so that the same file can be chosen again
  });
  $("add").addEventListener("submit", openAddress);
  $("lang").addEventListener("click", changeLanguage);
  $("task").addEventListener("change", () => current && again([current]));
  $("intake").addEventListener("click", trySample);
  $("clear").addEventListener("click", clear);
  await orComplain(async () => {
    tasks = await listTasks();
    fillTasks();
    const handed = await takeHanded();
    if (handed.length) take(handed);
  });
}

async function orComplain(act) {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    complain(`${error.message} ${error.remedy}`);
  }
}

await start();
