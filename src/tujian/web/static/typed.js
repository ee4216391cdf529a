// What somebody typed, as the field takes it; what is wrong the server says.
const MANY = /[,，、;；\n]+/;

export function typed(text, type) {
  const plain = text.trim();
  if (!plain) return null;
  if (type === "list" || type === "colour") return plain.split(MANY).map((part) => part.trim()).filter(Boolean);
  if (type === "flag") return plain === "true";
  if (type === "number") return Number.isFinite(Number(plain)) ? Number(plain) : plain;
  return plain;
}
