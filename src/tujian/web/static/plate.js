// A record becomes a plate: the picture in the middle, values beside it, what else was seen beneath.
import { Refused } from "./api.js";
import { make, say } from "./dom.js";
import { Leaders } from "./leaders.js";
import { others, places, plainText, score, share, SIGNS, swatch, valueCard, withUnit } from "./values.js";

const IN_HEAD = ["category", "description", "tags"]; // they have places of their own on the plate
const IN_ITEM = ["name", "brand", "category", "colours", "net_content", "price"];
const LEAST_GUESS = 0.05; // beside a sure category, rarer ones are noise
const MOST_CARDS = 10; // five a side stay legible beside a picture; beyond that the unseen are named in one line

export class Plate {
  constructor(root) {
    this.root = root;
    this.shown = null;
    this.leaders = null;
  }

  clear() {
    this.leaders?.close();
    this.leaders = null;
    this.shown = null;
    this.root.replaceChildren();
  }

  /** A picture that is waiting, being looked at, or failed. */
  showState(item, words, retry) {
    this.clear();
    const note = make(
      "div",
      { class: `plate-state is-${item.state}` },
      make("p", { class: "state-words", text: words }),
    );
    if (item.error) {
      note.append(
        make("p", { text: item.error.remedy ?? "" }),
        make("button", { type: "button", text: say("retry"), onclick: retry }),
      );
    } else note.append(make("div", { class: "progress", "aria-hidden": "true" }));
    const article = make("article", { class: "plate" }, note);
    article.append(pictureOf(article, item, item.name));
    this.root.append(article);
  }

  showRecord(item, foot) {
    this.clear();
    this.shown = item;
    const { record } = item;
    const { cards, unseen, unasked } = chooseCards(record);
    const stage = make("div", { class: "stage" });
    const article = make("article", { class: "plate", "aria-label": titleOf(record) });
    const figure = pictureOf(article, item, say("picture_alt", { title: titleOf(record) }), record.picture.size_px);
    const left = make("ul", { class: "column left", "aria-label": say("columns_left") });
    const right = make("ul", { class: "column right", "aria-label": say("columns_right") });
    stage.append(left, make("div", { class: "middle" }, figure), right);
    const rest = make(
      "div",
      {},
      leftOut("unseen-rest", unseen, (names) => say("unseen_rest", { names })),
      leftOut("unasked-rest", unasked, (names) => say("unasked_rest", { names })),
    );
    const lists = listsOf(record);
    const parts = [warnings(record), heading(record), stage, caption(record, rest), talk(item), foot, lists.node];
    article.append(...parts.filter(Boolean));
    this.root.append(article);
    this.leaders = new Leaders({ stage, figure: figure.querySelector(".frame"), left, right }, [
      ...cards,
      ...lists.things,
    ]);
  }
}

const titleOf = (record) => record.title || plainText(record.fields.category?.value) || say("untitled");

const leftOut = (kind, names, words) =>
  names.length ? make("p", { class: kind, text: words(names.join(say("list_comma"))) }) : null;

function chooseCards(record) {
  const isUnseen = (name) => record.fields[name].verdict === "unseen";
  const isUnasked = (name) => isUnseen(name) && Boolean(record.fields[name].reason); // only a model could tell
  const all = Object.keys(record.fields).filter((name) => !IN_HEAD.includes(name) && !saidInHead(record, name));
  const names = all.filter((name) => !isUnasked(name));
  const crowded = names.length > MOST_CARDS;
  const label = (name) => record.labels?.[name] ?? name;
  const shown = names.filter((name) => !crowded || !isUnseen(name));
  const cards = shown.map((name) => {
    const value = record.fields[name];
    return {
      id: `field:${name}`,
      places: places(value),
      verdict: value.verdict,
      line: true,
      node: valueCard(name, label(name), value, record.colours ?? []),
    };
  });
  return { cards, unseen: names.filter((name) => crowded && isUnseen(name)).map(label), unasked: all.filter(isUnasked).map(label) };
}

const saidInHead = (record, name) => name === "title" && (record.fields.title.value ?? "") === (record.title ?? "");

/** The picture in a frame of its own proportions, so boxes fit from the first paint on. */
function pictureOf(article, item, alt, size) {
  const img = make("img", { alt });
  const frame = make("div", { class: "frame" }, img);
  const figure = make("figure", {}, frame);
  const fit = (width, height) => {
    frame.style.aspectRatio = `${width} / ${height}`;
    article.style.setProperty("--ratio", width / height);
  };
  if (size) fit(...size);
  img.addEventListener("load", () => size || fit(img.naturalWidth, img.naturalHeight));
  item.picture(size).then(
    (url) => (img.src = url),
    (error) => {
      if (!(error instanceof Refused)) throw error;
      figure.append(make("figcaption", { class: "check", text: say("no_preview") }));
    },
  );
  return figure;
}

function warnings(record) {
  const notes = [];
  const add = (title, reasons) => {
    if (reasons?.length) {
      notes.push(
        make("p", { class: "flaw" }, make("b", { text: `⚠ ${title}` }), " ", reasons.map(plainText).join(" · ")),
      );
    }
  };
  add(say("quality"), record.picture?.quality);
  add(say("sensitive"), (record.sensitive ?? []).map(({ kind, reason }) => reason || kind));
  add(say("review"), record.review);
  return notes.length ? make("div", { class: "flaws" }, ...notes) : null;
}

function heading(record) {
  const category = record.fields.category;
  return make(
    "header",
    { class: "plate-head" },
    make("h2", { text: titleOf(record) }),
    category ? categoryLine(category, titleOf(record)) : null,
  );
}

function categoryLine(category, title) {
  const line = make("div", { class: "category" });
  const known = category.value !== null && category.value !== undefined;
  if (known) {
    line.append(
      make("span", {
        text: [plainText(category.value), score(category.confidence)].filter((word) => word && word !== title).join(
          " ",
        ),
      }),
      make(
        "span",
        { class: `check is-${category.verdict}` },
        make("b", { text: `${SIGNS[category.verdict]} ${say(`verdict_${category.verdict}`)}` }),
      ),
    );
  } else line.append(make("span", { class: "unsure", text: `${SIGNS.unseen} ${say("category_unsure")}` }));
  const guesses = category.top3 ?? [];
  const rest = known ? guesses.filter((guess) => guess.value !== category.value) : guesses;
  const settled = known && category.verdict === "confirmed"; // read in print: what the classifier thought is history
  const likely = settled ? [] : rest.filter((guess) => !known || guess.confidence >= LEAST_GUESS);
  const said = likely.map((guess) => `${guess.value} ${score(guess.confidence) ?? ""}`).join(" · ");
  if (said) {
    line.append(make("span", { class: "quote", text: `${say(known ? "category_also" : "category_maybe")} ${said}` }));
  }
  if (!guesses.length) line.append(others(category) ?? "");
  return line;
}

function caption(record, rest) {
  const tags = (record.tags ?? []).map((tag) => make("li", { text: plainText(tag) }));
  return make(
    "div",
    { class: "caption" },
    record.description ? make("p", { class: "description", text: record.description }) : null,
    tags.length ? make("ul", { class: "tags" }, ...tags) : null,
    rest,
  );
}

function talk(item) {
  if (!item.talk.length) return null;
  const turns = item.talk.map(({ question, answer }) =>
    make(
      "div",
      { class: "turn" },
      make("p", { class: "question", text: question }),
      make("p", { class: "answer", text: answer }),
    )
  );
  return make("div", { class: "talk", "aria-live": "polite" }, ...turns);
}

function listsOf(record) {
  const things = [];
  const lit = (node, id, box, verdict, mark) => {
    things.push({ id, places: box ? [box] : [], verdict, line: false, node, mark });
    return node;
  };
  const parts = [
    itemsPart(record, lit),
    textsPart(record, lit),
    barcodesPart(record, lit),
    coloursPart(record),
    facesPart(record, lit),
    factsPart(record),
  ];
  const node = make("div", { class: "lists" }, ...parts);
  node.addEventListener("keydown", walk);
  return { node, things };
}

/** Up and down walk through a list that is one stop of the Tab key. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target.closest("[data-thing]");
  if (!step || !row) return;
  const rows = [...row.parentElement.querySelectorAll(":scope > [data-thing]")];
  const next = rows[rows.indexOf(row) + step];
  if (!next) return;
  event.preventDefault();
  row.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function part(title, content, kind) {
  return make("section", { class: `part ${kind}` }, make("h3", { text: title }), content);
}

const stop = (index) => (index === 0 ? 0 : -1);

function textsPart(record, lit) {
  const lines = record.text_lines ?? [];
  if (!lines.length) return part(say("texts"), make("p", { class: "soft", text: say("texts_none") }), "texts");
  const rows = lines.map((line, index) =>
    lit(
      make(
        "li",
        { tabindex: stop(index) },
        make("span", { text: line.text }),
        make("small", { class: "figures", text: score(line.confidence) ?? "" }),
      ),
      `text:${index}`,
      line.box_1000,
      "confirmed",
    )
  );
  return part(say("texts"), make("ol", { class: "rows" }, ...rows), "texts");
}

function barcodesPart(record, lit) {
  const codes = record.barcodes ?? [];
  if (!codes.length) return null;
  const rows = codes.map((code, index) => {
    const good = code.valid !== false;
    const mark = code.valid === null || code.valid === undefined
      ? ""
      : `${good ? "✓" : "✗"} ${say(good ? "barcode_valid" : "barcode_invalid")}`;
    const row = make(
      "li",
      { tabindex: stop(index) },
      make("span", { class: "figures", text: code.text }),
      make("small", { text: code.format }),
      make("small", { class: good ? "good" : "bad", text: mark }),
    );
    return lit(row, `barcode:${index}`, code.box_1000, good ? "confirmed" : "contradicted");
  });
  return part(say("barcodes"), make("ul", { class: "rows" }, ...rows), "barcodes");
}

function coloursPart(record) {
  const colours = record.colours ?? [];
  if (!colours.length) return null;
  const name = (colour) => (document.documentElement.dataset.lang === "zh" ? colour.zh : colour.en);
  const rows = colours.map((colour) =>
    make(
      "li",
      {},
      swatch(colour.hex),
      make("span", { text: name(colour) }),
      make("small", { class: "figures", text: `${colour.hex} ${share(colour.share)}` }),
    )
  );
  return part(say("colours"), make("ul", { class: "rows" }, ...rows), "colours");
}

function facesPart(record, lit) {
  const faces = record.faces ?? [];
  if (!faces.length) return null;
  const rows = faces.map((face, index) =>
    lit(
      make(
        "li",
        { tabindex: stop(index) },
        make("span", { class: "figures", text: `${index + 1}` }),
        make("small", { class: "figures", text: score(face.confidence) ?? "" }),
      ),
      `face:${index}`,
      face.box_1000,
      "unchecked",
    )
  );
  return part(
    `${say("faces")} ${say("faces_count", { count: faces.length })}`,
    make("ul", { class: "rows" }, ...rows),
    "faces",
  );
}

/** Each product of several, numbered as its mark on the picture. */
function itemsPart(record, lit) {
  const items = record.items ?? [];
  if (!items.length) return null;
  const rows = items.map((one, index) => {
    const values = IN_ITEM.map((name) => one.fields[name]).filter((value) => plainText(value));
    const said = values.map((value) => `${withUnit(value)} ${SIGNS[value.verdict]}`).join(" · ");
    const verdict = ["contradicted", "confirmed"].find((word) => values.some((value) => value.verdict === word));
    const mark = `${index + 1}`;
    const row = make(
      "li",
      { tabindex: stop(index) },
      make("b", { class: "mark", text: mark }),
      make("span", { text: said || say("untitled") }),
      make("small", { class: "figures", text: score(one.confidence) ?? "" }),
    );
    return lit(row, `item:${index}`, one.box_1000, verdict ?? "unchecked", mark);
  });
  const title = `${say("items")} ${say("items_count", { count: items.length })}`;
  return part(title, make("ol", { class: "rows" }, ...rows), "items");
}

function factsPart(record) {
  const { format, size_px: size, taken_at: taken, gps, camera, notes } = record.picture;
  const facts = {
    format,
    size: size.join(" × "),
    taken_at: taken?.replace("T", " "),
    gps: gps?.join(", "),
    camera,
    nsfw: score(record.safety?.nsfw),
    notes: plainText(notes),
  };
  const rows = Object.entries(facts).filter(([, fact]) => fact).flatMap((
    [name, fact],
  ) => [make("dt", { text: say(`fact_${name}`) }), make("dd", { class: "figures", text: fact })]);
  return rows.length ? part(say("facts"), make("dl", {}, ...rows), "facts") : null;
}
