// What the page of chats asks of the server; an answer comes as events while it is being said.
import { reach, Refused } from "./api.js";
import { lang, say } from "./dom.js";

const json = async (path, request) => await (await reach(path, request)).json();
const body = (facts, method) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(facts),
});
const at = (id) => `/v1/chats/${encodeURIComponent(id)}`;

export const listChats = (after, picture) => json(`/v1/chats?${new URLSearchParams({ limit: 40, after, picture })}`);
export const beginChat = () => json("/v1/chats", body({}, "POST"));
export const readChat = (id) => json(at(id));
export const renameChat = (id, title) => json(at(id), body({ title }, "PATCH"));
export const deleteChat = (id) => reach(at(id), { method: "DELETE" });
export const pictureAddress = (sha256) => `/v1/chats/pictures/${sha256}`;
export const exportAddress = (id, form) => `${at(id)}/export?form=${form}&lang=${lang()}`;

/** Asks and calls `heard(name, facts)` for each event. An aborted `signal` stops the answer on the server too. */
export function askTurn(id, { question, sources, sampling }, heard, signal) {
  const form = formOf({ question, ...sampling });
  for (const { file, name } of sources) form.append("image", file, name);
  return listen(`${at(id)}/turns`, form, heard, signal);
}

/** Has the last question answered once more. */
export const askAgain = (id, sampling, heard, signal) => listen(`${at(id)}/turns/again`, formOf(sampling), heard, signal);

function formOf(facts) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...facts, lang: lang() })) form.append(name, value);
  return form;
}

async function listen(path, body, heard, signal) {
  const reply = await reach(path, { method: "POST", body, signal });
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch(cutOff);
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const [, name, facts] = event.match(/^event: (\w+)\ndata: (.*)$/);
      heard(name, JSON.parse(facts));
    }
  }
}

/** An answer that no end came of. */
export const cut = () => new Refused(say("chat_cut"), say("error_network_remedy"));

function cutOff(error) {
  throw error instanceof TypeError ? cut() : error;
}
