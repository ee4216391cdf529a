// A model's Markdown becomes elements. All else stays the text it is, HTML, links and pictures too: an answer may
// quote what is printed on a box.
import { make } from "./dom.js";

const FENCE = /^ {0,3}(`{3,}|~{3,})[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*)$/;
const CLOSING = /(^|\s)#+$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(?=\S)/;
const DASHES = /^\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?$/; // of a trimmed line
const DEEPEST = 6; // lists, quotes, spans within each other
// {1,999}: as far as the other star is looked for.
const SPAN = new RegExp(
  [
    /(?<!`)(?<ticks>`{1,3})(?!`)(?<code>.{1,999}?)(?<!`)\k<ticks>(?!`)/,
    /(?<two>\*\*|(?<!\w)__)(?=\S)(?<bold>.{1,999}?)(?<=\S)\k<two>/,
    /\*(?=[^\s*])(?<star>.{1,999}?)(?<=[^\s*])\*(?!\*)/,
    /(?<!\w)_(?=\S)(?<low>.{1,999}?)(?<=\S)_(?!\w)/,
    /!?\[(?<words>[^\]]{0,999})\]\((?<where>(?:[^()\s]|\([^()\s]{0,99}\)){0,999})[^()]{0,99}\)/,
    /\\(?<plain>[!-/:-@[-`{-~])/,
  ].map(({ source }) => source).join("|"),
  "g",
);

/** `text` as elements. Lines within a paragraph stay lines. */
export const render = (text) => blocks(text.split(/\r?\n/), 0);

function blocks(lines, depth) {
  const out = document.createDocumentFragment();
  for (let at = 0; at < lines.length;) {
    const [node, next] = lines[at].trim() ? block(lines, at, depth) : ["", at + 1];
    out.append(node);
    at = next;
  }
  return out;
}

const HEAD = /^[^|]*(\|[^|]*){1,50}$/; // at most 50 columns and 500 rows
const isTable = (lines, at) => HEAD.test(lines[at]) && DASHES.test((lines[at + 1] ?? "").trim());
const begins = (lines, at) =>
  isTable(lines, at) || [FENCE, HEADING, RULE, QUOTE, ITEM].some((start) => start.test(lines[at]));

/** The first line from `at` on that does not go on. */
function past(lines, at, goesOn) {
  while (at < lines.length && goesOn(lines[at], at)) at += 1;
  return at;
}

/** The block that begins at line `at`, and the line after it. */
function block(lines, at, depth) {
  const line = lines[at];
  const [, fence] = line.match(FENCE) ?? [];
  if (fence) {
    const end = past(lines, at + 1, (next) => !next.trim().startsWith(fence) || next.trim().replaceAll(fence[0], ""));
    return [make("pre", {}, make("code", { text: lines.slice(at + 1, end).join("\n") })), end + 1];
  }
  const [, signs, words] = line.match(HEADING) ?? [];
  if (signs) return [make(`h${Math.min(signs.length + 2, 6)}`, {}, ...spans(words.trimEnd().replace(CLOSING, ""))), at + 1];
  if (RULE.test(line)) return [make("hr"), at + 1];
  if (depth < DEEPEST && QUOTE.test(line)) {
    const end = past(lines, at, (next) => QUOTE.test(next));
    return [make("blockquote", {}, blocks(lines.slice(at, end).map((one) => one.replace(QUOTE, "")), depth + 1)), end];
  }
  if (depth < DEEPEST && ITEM.test(line)) return list(lines, at, depth);
  if (isTable(lines, at)) return table(lines, at);
  const end = past(lines, at + 1, (next, place) => next.trim() && !begins(lines, place));
  const node = make("p"); // one by one: arguments are limited
  lines.slice(at, end).forEach((one, n) => node.append(n ? make("br") : "", ...spans(one.trim())));
  return [node, end];
}

function list(lines, at, depth) {
  const [, indent, number] = lines[at].match(ITEM);
  const node = make(number ? "ol" : "ul", { start: number > 1 ? number : null });
  for (;;) {
    const item = lines[at]?.match(ITEM);
    if (!item || item[1].length !== indent.length || Boolean(item[2]) !== Boolean(number)) return [node, at];
    const end = past(lines, at + 1, (line, place) => belongs(lines, place, indent.length));
    const deeper = new RegExp(`^\\s{0,${item[0].length}}`);
    const own = [lines[at].slice(item[0].length), ...lines.slice(at + 1, end).map((line) => line.replace(deeper, ""))];
    node.append(make("li", {}, blocks(own, depth + 1)));
    at = end;
  }
}

/** Whether a line goes on with the item `indent` deep: deeper, blank before more of the list, or lazy. */
function belongs(lines, at, indent) {
  const [line, next] = [lines[at], lines[at + 1] ?? ""];
  if (!line.trim()) return /^\s/.test(next) || ITEM.test(next);
  return line.search(/\S/) > indent || Boolean(lines[at - 1].trim() && !begins(lines, at));
}

function table(lines, at) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|");
  const head = cells(lines[at]);
  const row = (tag, line) => {
    const said = cells(line);
    return make("tr", {}, ...head.map((_, place) => make(tag, {}, ...spans(said[place]?.trim() ?? ""))));
  };
  const end = past(lines, at + 2, (line, place) => line.includes("|") && place < at + 502);
  const body = lines.slice(at + 2, end).map((line) => row("td", line));
  const whole = make("table", {}, make("thead", {}, row("th", lines[at])), make("tbody", {}, ...body));
  return [make("div", { class: "wide" }, whole), end];
}

function spans(text, depth = 0) {
  const out = [];
  let done = 0;
  for (const found of depth < DEEPEST ? text.matchAll(SPAN) : []) {
    out.push(text.slice(done, found.index), span(found.groups, depth + 1));
    done = found.index + found[0].length;
  }
  return [...out, text.slice(done)].filter(Boolean);
}

function span({ code, bold, star, low, words, where, plain }, depth) {
  if (code) return make("code", { text: code });
  if (plain) return plain;
  if (words === undefined) return make(bold ? "strong" : "em", {}, ...spans(bold ?? star ?? low, depth));
  return make("span", {}, ...spans(words, depth), make("small", { text: ` ${where}` }));
}
