// Ways a picture comes in: dropped anywhere (folders too), pasted, chosen, or by address.
// Leaves: sources {name, file} or {name, url}.
import { say } from "./dom.js";

const isAddress = (text) => /^https?:\/\/[^\s]+$/i.test(text.trim());

export const fromFile = (file) => ({ name: file.name, file });

export function fromAddress(text) {
  const url = text.trim();
  if (!isAddress(url)) return null;
  const last = new URL(url).pathname.split("/").pop();
  return { name: last ? decodeSafely(last) : url, url };
}

function decodeSafely(part) {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part; // a stray % in a file name is common and harmless
    throw error;
  }
}

let taken = false;

/** Whether this page takes pictures itself. */
export const isTaken = () => taken;

export function listenForDrops(take) {
  taken = true;
  let depth = 0; // dragenter and dragleave also fire for every child
  const mark = () => {
    document.body.classList.toggle("is-dropping", depth > 0);
    document.body.dataset.drop = say("drop_here");
  };
  const isOurs = (event) => [...event.dataTransfer.types].some((type) => type === "Files" || type === "text/uri-list");
  addEventListener("dragenter", (event) => isOurs(event) && (event.preventDefault(), (depth += 1), mark()));
  addEventListener("dragleave", (event) => isOurs(event) && ((depth = Math.max(0, depth - 1)), mark()));
  addEventListener("dragover", (event) => isOurs(event) && event.preventDefault());
  addEventListener("drop", async (event) => {
    if (!isOurs(event)) return;
    event.preventDefault();
    depth = 0;
    mark();
    take(await dropped(event.dataTransfer));
  });
}

async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const address = transfer.getData("text/uri-list").split("\n")[0];
  const files = [...transfer.files];
  if (entries.some((entry) => entry.isDirectory)) {
    return (await Promise.all(entries.map(filesBelow))).flat().map(fromFile);
  }
  if (files.length) return files.map(fromFile);
  return [fromAddress(address)].filter(Boolean);
}

async function filesBelow(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // gives 100 at a time
    if (!some.length) break;
    found.push(...some);
  }
  const visible = found.filter((child) => !child.name.startsWith("."));
  return (await Promise.all(visible.map(filesBelow))).flat();
}

export function listenForPastes(take) {
  addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length) {
      event.preventDefault();
      take(files.map(fromFile));
      return;
    }
    if (event.target.closest?.("input, textarea")) return;
    const source = fromAddress(event.clipboardData.getData("text/plain"));
    if (source) take([source]);
  });
}
