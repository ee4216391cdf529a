// One thing after the other: keys press the buttons of the case, the next case is here before it is asked for.
import { reach, Refused } from "./api.js";
import { announce, lang, make, say } from "./dom.js";
import { change, typed } from "./editing.js";
import { toast } from "./toast.js";

const $ = (id) => document.getElementById(id);
const done = []; // what was decided here, the last one at the end
let [ahead, busy] = [null, false];

/* which case is shown */

async function fetched(address) {
  const page = new DOMParser().parseFromString(await (await reach(address)).text(), "text/html");
  const part = page.getElementById("part");
  if (part) new Image().src = part.getAttribute("src");
  return page.getElementById("case");
}

function begin() {
  const { next } = $("case").dataset;
  ahead = next ? { address: next, coming: fetched(next).catch(() => null) } : null;
  $("case").querySelector("[data-key=u]").disabled = !done.length;
}

/** Takes the case at `address` into the page; the one that was fetched ahead, if it is that. */
async function show(address, version = null) {
  const item = $("case").dataset.item;
  const kept = ahead?.address === address ? await ahead.coming : null;
  const fresh = kept?.dataset.item ? kept : await fetched(address); // the end of a queue counts what is left: ask now
  if (version && fresh.dataset.item === item) fresh.dataset.version = version; // it was fetched before this change
  $("case").replaceWith(document.adoptNode(fresh));
  if (location.pathname + location.search !== fresh.dataset.here) history.pushState(null, "", fresh.dataset.here);
  begin();
  ($("case").querySelector(".main-button") ?? $("case")).focus({ preventScroll: true });
}

addEventListener("popstate", () => attempt(() => show(location.pathname + location.search)));

/* deciding */

/** One act at a time; what was refused is said. */
async function attempt(act) {
  if (busy) return;
  busy = true;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    complain(`${error.message} ${error.remedy}`);
  } finally {
    busy = false;
  }
}

function complain(words, ...more) {
  $("trouble").replaceChildren(make("span", { text: words }), ...more);
  $("trouble").hidden = false;
  announce(words);
}

const address = ({ item, seeing }, rest = "") => `/v1/items/${item}${rest}${seeing && "?"}${seeing}`;
const decided = ({ item, seeing }, reason) => `/v1/review/${item}/${reason}${seeing && "?"}${seeing}`;

function count(reason, step) {
  for (const node of document.querySelectorAll("[data-count]")) {
    const counts = node.dataset.count === reason || (!node.dataset.count && !["sample", "sensitive"].includes(reason));
    if (counts) node.textContent = (figure(node) + step).toLocaleString("en");
  }
  const all = document.querySelector("[data-count='']");
  if (all && !$("case").dataset.here.includes("also=")) countInBar(figure(all)); // the bar counts what everybody may see
}

const figure = (node) => Number(node.textContent.replace(/\D/g, ""));

function countInBar(total) {
  for (const node of document.querySelectorAll(".waits")) {
    node.hidden = !total;
    node.textContent = total > node.dataset.most ? `${node.dataset.most}+` : total;
  }
}

async function say_so(wish, words) {
  const { ...told } = $("case").dataset;
  try {
    const reply = await change(told.item, wish, told.version, told.seeing);
    await on({ ...told, version: reply.headers.get("ETag"), hid: wish.visibility === "hidden" }, words);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 412) throw error;
    await conflict(told, wish, words);
  }
}

async function leave(reason, words) {
  const { ...told } = $("case").dataset;
  await reach(decided(told, reason), { method: "PUT" });
  await on({ ...told, decided: reason, version: null }, words);
}

async function on(act, words) {
  done.push(act);
  await show(act.next, act.version?.replaceAll('"', ""));
  count(act.reason, -1);
  toast(say("review_saved", { name: act.label, value: words }), () => attempt(back));
}

/** Somebody was quicker: what stands there now, and a person decides. */
async function conflict(told, wish, words) {
  const item = await (await reach(address(told))).json();
  const now = item.values[told.field];
  const value = [now?.value.value ?? say("edit_is_none")].flat().join(lang() === "zh" ? "、" : ", ");
  const button = (text, act) => make("button", { type: "button", text, onclick: () => attempt(act) });
  const again = () => (($("case").dataset.version = item.version), say_so(wish, words));
  const mine = button(say("conflict_mine"), again);
  const acts = make("span", { class: "acts" }, mine, button(say("conflict_theirs"), () => show(told.next)));
  complain(say("conflict", { value, who: now?.who ?? "" }), acts);
  mine.focus();
}

async function back() {
  const act = done.at(-1);
  if (!act) return;
  if (act.decided) await reach(decided(act, act.decided), { method: "DELETE" });
  else if (act.hid) await change(act.item, { visibility: "shown", why: "undo" }, "*", act.seeing); // nobody sees it to undo
  else await reach(address(act, "/undo"), { method: "POST", headers: { "If-Match": act.version } });
  done.pop();
  ahead = null; // it was fetched before this
  await show(act.here);
  count(act.reason, 1);
  $("toasts").replaceChildren();
  announce(say("review_undone", { name: act.label }));
}

/* buttons and keys */

function press(node) {
  const { wish, decide, key } = node.dataset;
  const words = (node.querySelector("strong") ?? node.firstChild).textContent.trim();
  if (wish) attempt(() => say_so(JSON.parse(wish), spoken(wish) ?? words));
  else if (decide) attempt(() => leave(decide, words));
  else if (key === "s") attempt(() => show(node.getAttribute("href")));
  else if (key === "u") attempt(back);
  else if (key === "e" && !node.href) write();
  else return false;
  return true;
}

/** What the chosen value is called: that of its button in the list. */
const spoken = (wish) =>
  [...$("case").querySelectorAll(".choices [data-wish]")].find((one) => one.dataset.wish === wish)?.children[1].textContent;

function write() {
  const form = $("case").querySelector(".own");
  form.hidden = false;
  form.elements.value.select();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("#keys")) return $("legend").showModal();
  const node = event.target.closest("#case [data-key]");
  if (node && !event.ctrlKey && !event.metaKey && press(node)) event.preventDefault();
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest(".own");
  if (!form) return;
  event.preventDefault();
  const { field, type, reason } = $("case").dataset;
  const text = form.elements.value.value;
  const value = typed(text, type);
  if (value === null) return complain(say("review_empty_value"));
  attempt(() => say_so({ fields: { [field]: value }, why: `review: ${reason}` }, text.trim()));
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $("legend").open) return;
  const { target, key } = event;
  if (target.matches("textarea")) {
    if (key === "Escape") (target.form.hidden = true), $("case").querySelector(".main-button").focus();
    else if (key === "Enter" && !event.shiftKey) event.preventDefault(), target.form.requestSubmit();
    return;
  }
  if (target.matches("input, select") || (key === "Enter" && target.closest("a, button") && !target.matches("#case .main-button"))) return;
  if (key === "?") return event.preventDefault(), $("legend").showModal();
  const node = $("case").querySelector(`[data-key="${CSS.escape(key.length === 1 ? key.toLowerCase() : key)}"]`);
  if (!node || node.disabled || event.repeat) return;
  event.preventDefault();
  if (!press(node)) node.click();
});

begin();
