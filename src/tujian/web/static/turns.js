// Questions and answers as elements.
import { make, say } from "./dom.js";
import { thumb } from "./gallery.js";
import { render } from "./markdown.js";
import { pictureAddress } from "./talk.js";

export const keptPicture = ({ sha256, name }) => ({
  key: sha256,
  name,
  address: pictureAddress(sha256),
  isKept: true,
});

const speaker = (text) => make("h2", { class: "unseen-words", text });

/** A question; `look(key)` shows one of its pictures large. */
export function questionNode({ text, pictures }, look) {
  const thumbs = pictures.map(keptPicture).map((one) => thumb(one, false, () => look(one.key)));
  const row = thumbs.length ? make("div", { class: "thumbs" }, ...thumbs) : null;
  return make("li", { class: "turn asked" }, speaker(say("chat_you")), row, make("p", { text }));
}

/** An answer as far as it came; `point(place)` draws its boxes and lights one of them, or none. */
export function answerNode(turn, point) {
  const { text, boxes, finish, trouble } = turn;
  const prose = make("div", { class: "prose" }, render(text));
  const isCode = boxes.length && /^\s*(```|\[|\{)/.test(text);
  const end = trouble ? `${trouble.message} ${trouble.remedy}` : finish === "stop" ? "" : say(`finish_${finish}`);
  return make(
    "li",
    { class: `turn answered is-${finish}` },
    speaker(say("chat_it")),
    isCode ? make("details", {}, make("summary", { text: say("chat_raw") }), prose) : prose,
    boxes.length ? places(boxes, point) : null,
    end ? make("p", { class: "ending", text: end }) : null,
    make("p", { class: "how figures", text: how(turn) }),
  );
}

function places(boxes, point) {
  const rest = () => point(null);
  const entries = boxes.map(({ label }, place) => {
    const light = () => point(place);
    const listeners = { onpointerenter: light, onfocus: light, onpointerleave: rest, onblur: rest };
    const text = label || say("chat_place", { number: place + 1 });
    return make("li", { tabindex: 0, ...listeners }, make("b", { text: place + 1 }), make("span", { text }));
  });
  return make("ol", { class: "places", "aria-label": say("chat_places") }, ...entries);
}

function how({ model, elapsed_ms, tokens_out, left_out }) {
  const seconds = elapsed_ms && say("took", { seconds: (elapsed_ms / 1000).toFixed(1) });
  const tokens = tokens_out && say("chat_tokens", { count: tokens_out });
  return [model, seconds, tokens, left_out && say("chat_left_out", { count: left_out })].filter(Boolean).join(" · ");
}
