// The only module that talks to the server. It knows the error form; it knows nothing of the page.
import { lang, say } from "./dom.js";

const TRIES = 20; // a full queue drains in minutes; after this many 429 a person should decide
const LONGEST_WAIT_S = 60;

export class Refused extends Error {
  constructor(message, remedy, status = 0) {
    super(message);
    Object.assign(this, { remedy, status });
  }
}

/** A record, asked for again as long as the server is busy; `onBusy(seconds)` tells each wait. */
export async function askRecord(source, wishes, onBusy) {
  for (let left = TRIES;; left -= 1) {
    const reply = await send("/v1/records", { method: "POST", body: form(source, { ...wishes, lang: lang() }) });
    if (reply.status !== 429) return await readRecord(reply);
    if (left <= 1) throw await refusal(reply);
    await pause(reply, onBusy);
  }
}

/** A JPEG of a picture that the browser cannot show, or that lies elsewhere. */
export async function askPreview(source) {
  const reply = await reach("/v1/preview", { method: "POST", body: form(source, {}) });
  return await reply.blob();
}

export async function listTasks() {
  const reply = await reach("/v1/tasks");
  return (await reply.json()).tasks;
}

export async function fetchSample(file) {
  const reply = await reach(`/samples/${encodeURIComponent(file)}`);
  const blob = await reply.blob();
  return new File([blob], file, { type: blob.type });
}

function form(source, parts) {
  const body = new FormData();
  if (source.file) body.append("image", source.file, source.name);
  else body.append("url", source.url);
  for (const [name, value] of Object.entries(parts)) if (value) body.append(name, value);
  return body;
}

/** What the server answers. Raises Refused. */
export async function reach(path, request) {
  const reply = await send(path, request);
  if (!reply.ok) throw await refusal(reply);
  return reply;
}

/** As `fetch`, with a trouble that says what to do. */
export async function send(path, request) {
  try {
    return await fetch(path, request);
  } catch (error) {
    if (error instanceof TypeError) throw new Refused(say("error_network"), say("error_network_remedy"));
    throw error;
  }
}

async function readRecord(reply) {
  if (!reply.ok) throw await refusal(reply);
  const record = await reply.json();
  if (record.error) throw new Refused(record.error.message, record.error.remedy);
  return record;
}

async function refusal(reply) {
  const text = await reply.text();
  try {
    const { message, remedy } = JSON.parse(text).error;
    return new Refused(message, remedy, reply.status);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) {
      const remedy = say(reply.status === 429 ? "error_busy_remedy" : "error_answer_remedy");
      return new Refused(say("error_answer", { status: reply.status }), remedy, reply.status);
    }
    throw error;
  }
}

async function pause(reply, onBusy) {
  const asked = Number(reply.headers.get("retry-after"));
  const seconds = Math.min(Math.max(Number.isFinite(asked) ? asked : 1, 1), LONGEST_WAIT_S);
  onBusy(seconds);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
