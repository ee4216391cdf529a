// Importing, checking, exporting: all work without this. Here files go up one by one with a bar that moves, a dry run
// follows what is chosen, and a job is followed while it runs.
import { Refused, reach } from "./api.js";
import { make, say } from "./dom.js";
import { follow } from "./follow.js";
import { listenForDrops } from "./sources.js";

const AT_ONCE = 3; // files on their way together
const $ = (id) => document.getElementById(id);

follow();
addEventListener("pageshow", ({ persisted }) => persisted && location.reload()); // "back" shows the state of now

/* files go up */

const form = $("send");
let stopping = null;

if (form) {
  const input = form.querySelector("input[type=file]");
  input.addEventListener("change", () => input.files.length && send([...input.files]));
  listenForDrops((sources) => {
    const files = sources.map(({ file }) => file).filter(Boolean);
    if (files.length && !stopping) send(files);
  });
  $("sending-stop").addEventListener("click", () => stopping.abort());
}

async function send(files) {
  stopping = new AbortController();
  const sent = { done: 0, bytes: 0, on: new Map(), total: files.length, size: files.reduce((sum, { size }) => sum + size, 0) };
  const left = [];
  form.classList.add("is-sending");
  $("sending").hidden = false;
  try {
    const { id } = await (await reach("/v1/parcels", { method: "POST" })).json();
    const waiting = [...files];
    const lane = async () => {
      for (let file = waiting.shift(); file && !stopping.signal.aborted; file = waiting.shift()) {
        try {
          await put(`/v1/parcels/${id}/${encodeURIComponent(file.name)}`, file, (count) => tell(sent, file, count));
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          left.push([file.name, error]);
        }
        sent.bytes += file.size;
        sent.done += 1;
        sent.on.delete(file);
        tell(sent);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    if (!stopping.signal.aborted && left.length < files.length) return location.assign(form.dataset.next + id);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    left.push(["", error]);
  }
  stopping = null;
  form.classList.remove("is-sending");
  form.reset();
  $("sending").hidden = true;
  $("left-out").hidden = !left.length;
  $("left-out").querySelector("ul").replaceChildren(
    ...left.map(([name, { message, remedy }]) => make("li", {}, make("strong", { text: name }), ` ${message} ${remedy}`)),
  );
}

function tell(sent, file, count) {
  if (file) sent.on.set(file, count);
  const bytes = [...sent.on.values()].reduce((sum, one) => sum + one, sent.bytes);
  $("sending-bar").value = sent.size ? bytes / sent.size : sent.done / sent.total;
  const size = `${(bytes / 1e6).toFixed(1)} / ${(sent.size / 1e6).toFixed(1)} MB`;
  $("sending-words").textContent = say("send_busy", { done: sent.done, total: sent.total, size });
}

/** `fetch` cannot tell how far a body is; XMLHttpRequest can. */
function put(address, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", address);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
    const away = () => reject(new Refused(say("error_network"), say("error_network_remedy")));
    request.addEventListener("error", away);
    request.addEventListener("abort", away);
    request.addEventListener("load", () => (request.status < 300 ? resolve() : reject(refused(request))));
    stopping.signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function refused({ status, responseText }) {
  try {
    const { message, remedy } = JSON.parse(responseText).error;
    return new Refused(message, remedy, status);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    return new Refused(say("error_answer", { status }), say("error_answer_remedy"), status);
  }
}

/* what would happen follows what is chosen */

const decide = $("decide"); // of an import
const wish = $("wish"); // of an export
let redraws = 0;

decide?.addEventListener("change", ({ target }) => {
  if (target.name !== "as") return;
  redraw([...new FormData(decide)].filter(([name]) => name === "as"));
  target.closest("tr").classList.toggle("is-left-out", target.value === "-");
});

const tryOut = () => redraw([...new FormData(wish), ["preview", "true"]]);
wish?.addEventListener("change", () => new URLSearchParams(location.search).has("preview") && tryOut());
wish?.addEventListener("submit", (event) => {
  if (event.submitter?.name !== "preview") return;
  event.preventDefault();
  tryOut();
});

/** The page as it is with these fields in its address: what it says would happen comes into this one. */
async function redraw(fields) {
  const mine = (redraws += 1);
  const address = `${location.pathname}?${new URLSearchParams(fields)}`;
  $("outcome").setAttribute("aria-busy", "true");
  try {
    const page = new DOMParser().parseFromString(await (await reach(address)).text(), "text/html");
    if (mine === redraws) show(page, address);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status) return location.assign(address); // the page itself says what is wrong
    $("outcome").removeAttribute("aria-busy");
    $("outcome").replaceChildren(make("p", { class: "trouble", role: "alert", text: `${error.message} ${error.remedy}` }));
  }
}

function show(page, address) {
  history.replaceState(null, "", address);
  $("lang").href = page.getElementById("lang").getAttribute("href");
  for (const id of ["outcome", "acts"]) {
    const next = page.getElementById(id);
    if (next) $(id).replaceWith(document.adoptNode(next));
  }
}
