// The page of chats: a list, one chat with its pictures, a question on its way, an answer being said.
import { askPreview, fetchSample, Refused } from "./api.js";
import { announce, make, say, speak } from "./dom.js";
import { Gallery } from "./gallery.js";
import { render } from "./markdown.js";
import { fromFile, listenForDrops, listenForPastes } from "./sources.js";
import * as talk from "./talk.js";
import { answerNode, keptPicture, questionNode } from "./turns.js";

const MOST_PICTURES = 8; // as many as the server takes with one question
const SHOWN_BY_BROWSERS = ["image/jpeg", "image/png", "image/webp", "image/avif", "image/bmp"];
const SAMPLING = "tujian-sampling"; // in localStorage
const NEAR_END_PX = 120; // who has scrolled further up is reading: the page does not move under them

const $ = (id) => document.getElementById(id);
const gallery = new Gallery($("gallery"), listOnly);
let list = { chats: [], next: null };
let onlyPicture = "";
let chat = null; // as the server tells it, turns and all
let pending = []; // pictures for the next question: {name, file, address, key}
let answering = null; // {controller, text, node, before}: `node` is there once the question is stored

/* the list */

async function refreshList(after = "") {
  const { chats, next } = await talk.listChats(after, onlyPicture);
  list = { chats: after ? [...list.chats, ...chats] : chats, next };
  drawList();
}

function drawList() {
  $("only").hidden = !onlyPicture;
  $("older").hidden = !list.next;
  $("chats").replaceChildren(...list.chats.map(({ id, title, cover, changed_at }) => {
    const link = { href: `#${id}`, "aria-current": id === chat?.id ? "true" : null };
    const image = cover && make("img", { src: talk.pictureAddress(cover), alt: "", loading: "lazy" });
    const name = make("span", { text: title || say("chat_title") });
    return make("li", {}, make("a", link, image, name, make("time", { datetime: changed_at, text: when(changed_at) })));
  }));
}

function when(moment) {
  const then = new Date(moment);
  const isToday = then.toDateString() === new Date().toDateString();
  const parts = isToday ? { hour: "2-digit", minute: "2-digit" } : { month: "short", day: "numeric" };
  return then.toLocaleString(document.documentElement.lang, parts);
}

async function listOnly(picture) {
  onlyPicture = picture;
  unfold(true);
  await orComplain(refreshList);
}

function unfold(isOpen) {
  document.body.classList.toggle("is-unfolded", isOpen);
  $("unfold").setAttribute("aria-expanded", isOpen);
}

/* one chat */

/** Shows the chat that the address names. An answer that is being said in another one stops. */
async function follow() {
  const id = location.hash.slice(1);
  if (id === (chat?.id ?? "")) return;
  answering?.controller.abort();
  answering = chat = null;
  unfold(false);
  complain("");
  if (id) await orComplain(async () => (chat = await talk.readChat(id)));
  draw();
  scrollTo(0, chat ? document.body.scrollHeight : 0);
}

function draw() {
  const title = chat?.title || say("chat_title");
  const hasTurns = Boolean(chat?.turns.length);
  document.title = `${title} · ${say("brand")}`;
  $("title").disabled = !hasTurns;
  if (document.activeElement !== $("title")) $("title").value = title; // else somebody is at it
  $("acts").hidden = !hasTurns;
  for (const form of hasTurns ? ["md", "json"] : []) $(`save-${form}`).href = talk.exportAddress(chat.id, form);
  $("welcome").hidden = hasTurns || pending.length > 0;
  $("send").hidden = Boolean(answering);
  $("stop").hidden = !answering;
  $("again").hidden = Boolean(answering) || !hasTurns || chat.turns.at(-1).finish === "stop"; // or nobody answered
  drawPictures();
  drawTurns();
  drawList();
}

function drawPictures() {
  $("pending").hidden = !pending.length;
  $("pending").replaceChildren(...pending.map((picture) => {
    const name = say("chat_take_back", { name: picture.name });
    const waits = make("span", { text: picture.trouble ? "!" : "…" });
    const shown = picture.address ? make("img", { src: picture.address, alt: "" }) : waits;
    const button = make("button", { type: "button", text: "×", "aria-label": name, onclick: () => takeBack(picture) });
    return make("li", {}, shown, button);
  }));
  const kept = (chat?.turns ?? []).flatMap(({ pictures }) => pictures).map(keptPicture);
  const once = new Map([...kept, ...pending.filter(({ address }) => address)].map((one) => [one.key, one]));
  gallery.hold([...once.values()]);
  document.body.classList.toggle("has-gallery", once.size > 0);
}

function drawTurns() {
  let about; // the picture that came last
  let last = () => {};
  const nodes = (chat?.turns ?? []).map((turn) => {
    about = turn.pictures.at(-1)?.sha256 ?? about;
    const point = gallery.point.bind(gallery, about, turn.boxes);
    if (turn.boxes.length) last = point;
    return turn.role === "user" ? questionNode(turn, (key) => gallery.show(key)) : answerNode(turn, point);
  });
  $("turns").replaceChildren(...nodes, ...(answering?.node ? [answering.node] : []));
  if (!pending.length) last(null);
}

/* a question on its way */

async function take(sources) {
  const room = MOST_PICTURES - pending.length;
  complain(sources.length > room ? say("chat_too_many", { most: MOST_PICTURES }) : "");
  const fresh = sources.slice(0, room).map((source) => ({ ...source, key: Symbol(source.name) }));
  pending.push(...fresh);
  draw();
  $("question").focus();
  const refuse = (picture) => (trouble) => (picture.trouble = trouble, draw()); // a question must not go without it
  await Promise.all(fresh.map((picture) => orComplain(() => develop(picture), refuse(picture))));
}

/** Finds something for <img>: the file itself, or the server's JPEG of what browsers cannot show or lies elsewhere. */
async function develop(picture) {
  const jpeg = SHOWN_BY_BROWSERS.includes(picture.file?.type) ? picture.file : await askPreview(picture);
  picture.file ??= jpeg;
  picture.address = URL.createObjectURL(jpeg);
  draw();
}

function takeBack(picture) {
  pending = pending.filter((one) => one !== picture);
  if (picture.trouble) complain("");
  URL.revokeObjectURL(picture.address);
  draw();
}

async function send(question) {
  const refused = pending.find(({ trouble }) => trouble);
  if (refused) return complain(refused.trouble);
  if (answering || pending.some(({ address }) => !address)) return; // one is still on its way from elsewhere
  if (!question && !pending.length) return $("question").focus();
  const wish = { question: question || say("prompt_describe"), sources: pending, sampling: sampling() };
  await listen(talk.askTurn, wish);
}

/** Has the last question answered once more; the new answer stands where the old one did. */
async function again() {
  const { role, text } = chat.turns.at(-1);
  await listen(talk.askAgain, sampling(), { text: role === "user" ? "" : text });
}

async function listen(ask, wish, before = null) {
  if ($("sampling").querySelector(":invalid")) $("sampling").open = true; // the browser points at the field
  if (!$("composer").reportValidity()) return;
  complain("");
  const mine = answering = { controller: new AbortController(), text: "", node: null, before };
  draw();
  await orComplain(() => converse(mine, ask, wish));
  if (answering === mine) answering = null;
  draw();
  await orComplain(refreshList);
}

async function converse(mine, ask, wish) {
  const asked = chat ?? await talk.beginChat();
  const heard = (name, facts) => answering === mine && hear[name](asked, facts);
  try {
    await ask(asked.id, wish, heard, mine.controller.signal);
    if (answering === mine) throw talk.cut();
  } catch (error) {
    const isStop = error.name === "AbortError";
    if (!isStop && !mine.node) throw error;
    const why = isStop ? { finish: "stopped" } : { finish: "failed", trouble: error };
    const text = mine.text || mine.before?.text || "";
    const said = { role: "assistant", text, pictures: [], boxes: [], ...why }; // the server kept it, too
    if (answering === mine && mine.node) end(asked, said);
  } finally {
    if (asked !== chat && !asked.turns.length) await talk.deleteChat(asked.id); // nothing was asked in it
  }
}

const hear = {
  asked(asked, { title, turn }) {
    chat = Object.assign(asked, { title });
    if (answering.before) chat.turns.splice(chat.turns.findLastIndex(({ role }) => role === "user"));
    else clearComposer();
    chat.turns.push(turn);
    const busy = make("div", { class: "progress", title: say("asking") });
    answering.node = make("li", { class: "turn answered", "aria-busy": "true" }, make("div", { class: "prose" }), busy);
    history.replaceState(null, "", `#${chat.id}`);
    draw();
    scrollTo(0, document.body.scrollHeight);
    orComplain(refreshList);
  },
  piece(_, { text }) {
    const mine = answering;
    mine.text += text;
    mine.frame ??= requestAnimationFrame(() => { // pieces come faster than frames
      mine.frame = null;
      followed(() => mine.node.firstChild.replaceChildren(render(mine.text)));
    });
  },
  done: (asked, turn) => end(asked, turn),
  failed(asked, { turn, message, remedy }) {
    if (!turn) throw new Refused(message, remedy); // the chat was deleted meanwhile
    end(asked, turn);
  },
};

function clearComposer() {
  $("question").value = "";
  for (const { address } of pending.splice(0)) URL.revokeObjectURL(address);
}

function end(asked, turn) {
  answering = null;
  asked.turns.push(turn);
  followed(draw);
  announce(turn.trouble?.message ?? `${turn.text} ${turn.finish === "stop" ? "" : say(`finish_${turn.finish}`)}`);
}

function stop({ detail }) {
  answering?.controller.abort();
  if (!detail) $("question").focus(); // by the keyboard; the button goes
}

/** Does what makes the page longer, and keeps its end in view for those who were there. */
function followed(act) {
  const wasThere = document.body.scrollHeight - scrollY - innerHeight < NEAR_END_PX;
  act();
  if (wasThere) scrollTo(0, document.body.scrollHeight);
}

/* title, deletion, sampling */

async function rename() {
  const title = $("title").value.trim();
  const named = chat;
  if (title) await orComplain(async () => (named.title = (await talk.renameChat(named.id, title)).title));
  if (named === chat) $("title").value = chat.title;
  await orComplain(refreshList);
}

function confirmDeletion() {
  $("confirm-words").textContent = say("chat_delete_sure", { title: chat.title });
  $("confirm").returnValue = "";
  $("confirm").showModal();
}

async function remove() {
  if ($("confirm").returnValue !== "delete") return;
  const { id } = chat;
  location.hash = ""; // also stops an answer
  await orComplain(async () => {
    await talk.deleteChat(id);
    await refreshList();
    announce(say("chat_deleted"));
  });
}

const sampling = () => Object.fromEntries(new FormData($("composer")));

function recallSampling() {
  const kept = JSON.parse(localStorage.getItem(SAMPLING) ?? "{}");
  for (const knob of $("sampling").querySelectorAll("input")) knob.value = kept[knob.name] ?? knob.defaultValue;
}

/* the rest */

function complain(message) {
  $("trouble").textContent = message;
  $("trouble").hidden = !message;
}

async function orComplain(act, undo = () => {}) {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const trouble = `${error.message} ${error.remedy}`;
    undo(trouble);
    complain(trouble);
  }
}

/** Enter sends, Shift+Enter is a new line; an Enter that ends the choice of a Chinese word does neither. */
function onEnter(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  $("composer").requestSubmit();
}

async function choose(event) {
  const { preset, sample } = event.target.closest("[data-preset], [data-sample]")?.dataset ?? {};
  if (sample) await orComplain(async () => take([fromFile(await fetchSample(sample))]));
  if (preset === undefined) return;
  const question = event.target.textContent;
  if (gallery.pictures.length) return send(question);
  $("question").value = question;
  $("question").focus();
}

const LISTENERS = {
  skip: { click: (event) => (event.preventDefault(), $("question").focus()) }, // the address names the chat
  lang: { click: async (event) => (event.preventDefault(), await speak(event.currentTarget.href), draw()) },
  choose: { click: () => $("files").click() },
  files: {
    change: ({ target }) => (take([...target.files].map(fromFile)), target.value = ""), // the same may come again
  },
  title: { change: rename, keydown: ({ key, target }) => key === "Escape" && (target.value = chat.title) },
  question: { keydown: onEnter },
  composer: { submit: (event) => (event.preventDefault(), send($("question").value.trim())) },
  main: { click: choose },
  stop: { click: stop },
  retry: { click: again },
  sampling: { change: () => localStorage.setItem(SAMPLING, JSON.stringify(sampling())) },
  usual: { click: () => (localStorage.removeItem(SAMPLING), recallSampling()) },
  delete: { click: confirmDeletion },
  confirm: { close: remove },
  older: { click: () => orComplain(() => refreshList(list.next)) },
  all: { click: () => listOnly("") },
  unfold: { click: () => unfold(!document.body.classList.contains("is-unfolded")) },
};

async function start() {
  for (const [id, acts] of Object.entries(LISTENERS)) {
    for (const [name, act] of Object.entries(acts)) $(id).addEventListener(name, act);
  }
  recallSampling();
  listenForDrops(take);
  listenForPastes(take);
  addEventListener("hashchange", follow);
  await orComplain(refreshList);
  draw();
  await follow();
}

await start();
