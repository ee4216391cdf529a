// One value of a record as a card: label, value, how it was checked, what else was said.
import { knows, make, say } from "./dom.js";

export const SIGNS = { confirmed: "✓", contradicted: "✗", unchecked: "≈", unseen: "○", human: "✎" };

export const share = (part) => `${Math.round(part * 100)} %`;
export const score = (confidence) => (typeof confidence === "number" ? confidence.toFixed(2) : null);

export function plainText(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(plainText).join(say("list_comma"));
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  if (typeof value === "object") return "value" in value ? plainText(value.value) : JSON.stringify(value);
  return String(value);
}

export const sourceName = ({ source, by }) =>
  (source === "model" || source === "person") && by ? by : knows(`source_${source}`) ? say(`source_${source}`) : source;

/** Where a value was seen: every box of its evidence, the surest first as the server sent them. */
export const places = (value) => (value.evidence ?? []).map((piece) => piece.box_1000).filter(Boolean);

export function valueCard(name, label, value, colours) {
  return make(
    "li",
    { class: `value is-${value.verdict}`, tabindex: 0, "data-field": name },
    make("span", { class: "label", text: label }),
    spoken(value, colours),
    check(value, colours),
    value.reason && value.verdict !== "unseen" ? make("span", { class: "reason", text: value.reason }) : null,
    others(value),
  );
}

function spoken(value, colours) {
  if (value.value === null || value.value === undefined) {
    return make("strong", { class: "said", text: say("verdict_unseen") });
  }
  const parts = Array.isArray(value.value) ? value.value : [value.value];
  const tinted = parts.map((part) => [plainText(part), swatchOf(part, colours)]);
  if (!tinted.some(([, swatch]) => swatch)) return make("strong", { class: "said", text: withUnit(value) });
  return make("strong", { class: "said tints" }, ...tinted.map(([text, swatch]) => make("span", {}, swatch, text)));
}

/** A number with its unit, unless the value's own words hold it already. */
export function withUnit({ value, unit }) {
  const text = plainText(value);
  return unit && !text.endsWith(unit) ? `${text} ${unit}` : text;
}

const colourOf = (part, colours) =>
  colours.find(({ zh, en }) => part === zh || String(part).toLowerCase() === en.toLowerCase());

function swatchOf(part, colours) {
  const colour = colourOf(part, colours);
  return colour ? swatch(colour.hex) : null;
}

export function swatch(hex) {
  const dot = make("i", { class: "swatch", "aria-hidden": "true" });
  dot.style.background = hex;
  return dot;
}

/** The line under a value: sign and words of the verdict before any colour, then the quote and how sure. */
export function check(value, colours = []) {
  const line = make("span", { class: "check" });
  if (value.verdict === "unseen") {
    line.append(make("span", { text: value.reason || say("unseen_where") }));
    return line;
  }
  line.append(make("b", { text: `${SIGNS[value.verdict]} ${say(`verdict_${value.verdict}`)}` }), ...proof(value));
  const shares = [value.value].flat().map((part) => colourOf(part, colours)).filter(Boolean);
  if (shares.length) {
    line.append(make("span", { class: "figures", text: shares.map((colour) => share(colour.share)).join(" · ") }));
  }
  return line;
}

function proof(value) {
  const best = value.evidence?.[0];
  if (!best) return [];
  const quote = best.quote ? `${say("quote_open")}${best.quote}${say("quote_close")}` : null;
  const lead = value.verdict === "contradicted" && quote ? `${say("on_picture")} ` : "";
  const certainty = value.verdict === "human" ? null : score(value.confidence ?? best.confidence);
  const text = quote ? lead + quote : sourceName(best);
  return [make("span", { class: "quote", text }), make("span", { class: "figures", text: certainty ?? "" })];
}

export function others(value) {
  const list = value.candidates ?? [];
  if (!list.length) return null;
  const rows = list.map((one) =>
    make("li", {}, make("span", { text: plainText(one) }), make("small", { text: origin(one) }))
  );
  return make(
    "details",
    { class: "others" },
    make("summary", { text: say("candidates", { count: list.length }) }),
    make("ul", {}, ...rows),
  );
}

function origin(candidate) {
  const seen = candidate?.evidence?.[0] ?? candidate ?? {};
  return [seen.source ? sourceName(seen) : null, score(candidate?.confidence)].filter(Boolean).join(" ");
}
