// What somebody types becomes a value, and a value goes to the server.
import { reach } from "./api.js";

const MANY = /[,，、;；\n]+/;

/** What somebody typed, as a field of this type takes it; what is wrong the server says. */
export function typed(text, type) {
  const plain = text.trim();
  if (!plain) return null;
  if (type === "list" || type === "colour") return plain.split(MANY).map((part) => part.trim()).filter(Boolean);
  if (type === "flag") return plain === "true";
  if (type === "number") return Number.isFinite(Number(plain)) ? Number(plain) : plain;
  return plain;
}

const post = (path, method, body, headers = {}) =>
  reach(path, { method, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });

/** Changes an item as it was in `version`; "*" overwrites whatever there is. Raises Refused: 412 when it has moved on. */
export function change(id, wish, version, seeing = "") {
  const match = version === "*" ? "*" : `"${version}"`;
  return post(`/v1/items/${id}${seeing && "?"}${seeing}`, "PATCH", wish, { "If-Match": match });
}

/** Sends `body` and returns what came. */
export const tell = async (path, body) => (await post(path, "POST", body)).json();
