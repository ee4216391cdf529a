// A record as a file: JSON as it came, CSV for sheets.
import { make, say } from "./dom.js";
import { plainText } from "./values.js";

const COLUMNS = ["picture", "field", "label", "value", "verdict", "confidence", "source", "quote", "box"];
// A sheet runs a cell that begins so as a formula (OWASP, CSV injection); full-width signs count in Chinese Excel.
const FORMULA = /^\s*[=+\-@\t\r＝＋－＠]/;

export function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function toCsv(entries) {
  const rows = entries.flatMap(({ name, record }) => [
    ...Object.entries(record.fields).map(([field, value]) => row(name, record, field, value)),
    ...itemRows(name, record),
  ]);
  const head = COLUMNS.map((column) => cell(say(`csv_${column}`)));
  return `\uFEFF${[head, ...rows].map((cells) => cells.join(",")).join("\r\n")}\r\n`; // the mark makes Excel read UTF-8
}

/** How many products there are, then the values of each: items.1.brand. */
function itemRows(name, record) {
  const items = record.items ?? [];
  const values = items.flatMap(({ fields }, index) =>
    Object.entries(fields).map(([field, value]) => row(name, record, `items.${index + 1}.${field}`, value))
  );
  return items.length ? [row(name, record, "items", { value: items.length, verdict: "unchecked" }), ...values] : [];
}

function row(name, record, field, value) {
  const seen = value.evidence?.[0] ?? {};
  const plain = typeof value.value === "number" ? value.value : plainText(value.value);
  return [
    name,
    field,
    record.labels?.[field.split(".").at(-1)] ?? field,
    plain,
    say(`verdict_${value.verdict}`),
    value.confidence,
    seen.source ?? null,
    seen.quote ?? null,
    seen.box_1000?.join(" ") ?? null,
  ].map(cell);
}

export function save(text, name, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // the download starts after click() returns
}
