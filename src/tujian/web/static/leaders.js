// Lines and boxes over the plate. They join things: {id, places, node, verdict, line} where node is a value's card
// (line: true) or a row of the lists (line: false), whose places are invisible until lit, but for its mark if it has one.
import { inReadingOrder, twoColumns, untangle } from "./arrange.js";

const SVG = "http://www.w3.org/2000/svg";
const NARROW = matchMedia("(max-width: 900px)"); // shared/ui/README.md: below 900 px numbers, no lines
const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const GUTTER_PX = 34; // the level part of a line, from the value to the picture's margin
const RADIUS_PX = 10; // of a number's circle
const ROUNDS = 8; // swapping cards changes heights a little, so look again; 8 left no crossing of 11 lines at 960 px

const draw = (tag, attributes) => {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};

export class Leaders {
  constructor({ stage, figure, left, right }, things) {
    Object.assign(this, { stage, figure, left, right, things, lit: null, shapes: new Map() });
    this.values = things.filter((thing) => thing.line).map((thing) => ({
      id: thing.id,
      place: thing.places[0] ?? null,
    }));
    this.svg = draw("svg", { class: "leaders", "aria-hidden": "true", focusable: "false" });
    stage.append(this.svg);
    this.byId = new Map(things.map((thing) => [thing.id, thing]));
    for (const thing of things) this.#listen(thing.node, thing);
    this.#seat();
    this.watcher = new ResizeObserver(() => this.#fit());
    for (const node of [stage, figure, left, right]) this.watcher.observe(node);
    this.turned = () => this.#seat();
    NARROW.addEventListener("change", this.turned);
  }

  close() {
    this.watcher.disconnect();
    NARROW.removeEventListener("change", this.turned);
    this.svg.remove();
  }

  #listen(node, thing) {
    const on = () => this.light(thing.id);
    node.dataset.thing = thing.id;
    node.addEventListener("pointerenter", on);
    node.addEventListener("focusin", on);
    node.addEventListener("pointerleave", () => this.rest());
    node.addEventListener("focusout", () => this.light(null));
    node.addEventListener("click", (event) => event.target.closest("details") || this.#reveal());
    node.addEventListener("keydown", (event) => event.key === "Enter" && event.target === node && this.#reveal());
  }

  /** Puts the cards into the columns, then swaps them until no line crosses another. */
  #seat() {
    const narrow = NARROW.matches;
    this.width_px = this.stage.clientWidth;
    const sides = narrow ? { left: inReadingOrder(this.values), right: [] } : twoColumns(this.values);
    this.#fill(sides.left, sides.right);
    for (let round = 0; !narrow && round < ROUNDS; round += 1) if (!this.#improve(sides)) break;
    this.#number(narrow ? sides.left : [...sides.left, ...sides.right]);
    this.draw();
  }

  /** A new width sends the lines other ways; a new height (a list opened) only moves them. */
  #fit() {
    const { clientWidth } = this.stage;
    if (clientWidth === this.width_px) this.draw();
    else this.#seat();
  }

  #fill(left, right) {
    const focused = document.activeElement;
    const cards = (values) => values.map((value) => this.byId.get(value.id).node);
    for (const [column, nodes] of [[this.left, cards(left)], [this.right, cards(right)]]) {
      if (nodes.length !== column.children.length || nodes.some((node, row) => node !== column.children[row])) {
        column.replaceChildren(...nodes);
      }
    }
    if (focused !== document.activeElement) focused.focus({ preventScroll: true });
  }

  #improve(sides) {
    const seated = [...sides.left.map((value) => [value, "left"]), ...sides.right.map((value) => [value, "right"])];
    const located = seated.filter(([value]) => value.place);
    const before = located.map(([value]) => value);
    const seats = located.map(([value, side]) => ({ side, ...this.#start(this.byId.get(value.id).node, side) }));
    const after = untangle(seats, before, (value, seat) => ({ from: seat, to: this.#end(value.place, seat.side) }));
    const swap = new Map(before.map((value, index) => [value, after[index]]));
    sides.left = sides.left.map((value) => swap.get(value) ?? value);
    sides.right = sides.right.map((value) => swap.get(value) ?? value);
    this.#fill(sides.left, sides.right);
    return after.some((value, index) => value !== before[index]);
  }

  #number(values) {
    let next = 1;
    for (const value of values) {
      const { node } = this.byId.get(value.id);
      if (value.place) node.dataset.number = next++;
      else delete node.dataset.number;
    }
  }

  #start(node, side) {
    const frame = this.stage.getBoundingClientRect();
    const card = node.getBoundingClientRect();
    const label = node.firstElementChild.getBoundingClientRect();
    const edge = side === "left" ? card.right + GUTTER_PX : card.left - GUTTER_PX;
    return { x: edge - frame.left, y: label.top + label.height / 2 - frame.top };
  }

  #end([x1, y1, x2, y2], side) {
    const box = this.#rect([x1, y1, x2, y2]);
    return { x: side === "left" ? box.x : box.x + box.width, y: box.y + box.height / 2 };
  }

  #rect([x1, y1, x2, y2]) {
    const frame = this.stage.getBoundingClientRect();
    const picture = this.figure.getBoundingClientRect();
    const [sx, sy] = [picture.width / 1000, picture.height / 1000];
    return {
      x: picture.left - frame.left + x1 * sx,
      y: picture.top - frame.top + y1 * sy,
      width: (x2 - x1) * sx,
      height: (y2 - y1) * sy,
    };
  }

  draw() {
    this.svg.replaceChildren();
    this.shapes = new Map(this.things.map((thing) => [thing.id, []]));
    const { width, height } = this.stage.getBoundingClientRect();
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    // Largest first, so that a small box inside a large one can still be pointed at; values above lists.
    const boxes = this.things.flatMap((thing) => thing.places.map((place, index) => ({ thing, place, index })));
    const area = ({ place: [x1, y1, x2, y2] }) => (x2 - x1) * (y2 - y1);
    boxes.sort((a, b) => a.thing.line - b.thing.line || area(b) - area(a));
    for (const box of boxes) this.#box(box);
    for (const { thing, place, index } of boxes) {
      if (thing.line && index === 0) this.#join(thing, place);
      if (!thing.mark) continue;
      const { x, y } = this.#rect(place);
      this.#circled(thing, x + 13, y + 13, thing.mark, " is-item");
    }
    this.light(this.lit);
  }

  #box({ thing, place }) {
    const shape = draw("rect", {
      ...this.#rect(place),
      rx: 3,
      class: `box is-${thing.verdict}${thing.line ? "" : " is-faint"}`,
      "data-of": thing.id,
    });
    this.#add(thing, shape);
    shape.addEventListener("pointerenter", () => this.light(thing.id));
    shape.addEventListener("pointerleave", () => this.rest());
    shape.addEventListener("click", () => this.find(thing));
  }

  #join(thing, place) {
    if (NARROW.matches) this.#marker(thing, place);
    else this.#line(thing, place);
  }

  #line(thing, place) {
    const side = thing.node.parentElement === this.left ? "left" : "right";
    const elbow = this.#start(thing.node, side);
    const end = this.#end(place, side);
    const startX = elbow.x + (side === "left" ? -GUTTER_PX + 6 : GUTTER_PX - 6);
    const path = `M${startX} ${elbow.y}H${elbow.x}L${end.x} ${end.y}`;
    this.#add(thing, draw("path", { d: path, class: "halo" }));
    this.#add(thing, draw("path", { d: path, class: `line is-${thing.verdict}`, "data-of": thing.id }));
    this.#add(thing, draw("circle", { cx: end.x, cy: end.y, r: 2.5, class: `dot is-${thing.verdict}` }));
  }

  #marker(thing, place) {
    const { width } = this.stage.getBoundingClientRect();
    const box = this.#rect(place);
    const cx = Math.min(Math.max(box.x - RADIUS_PX - 2, RADIUS_PX), width - RADIUS_PX); // beside the words, not on them
    this.#circled(thing, cx, box.y + box.height / 2, thing.node.dataset.number, "");
  }

  #circled(thing, cx, cy, words, kind) {
    const group = draw("g", { class: `marker is-${thing.verdict}${kind}`, "data-of": thing.id });
    const number = draw("text", { x: cx, y: cy });
    number.textContent = words;
    group.append(draw("circle", { cx, cy, r: 22, class: "reach" }), draw("circle", { cx, cy, r: RADIUS_PX }), number);
    group.addEventListener("click", () => this.find(thing));
    this.#add(thing, group);
  }

  #add(thing, shape) {
    this.shapes.get(thing.id).push(shape);
    this.svg.append(shape);
  }

  /** From what was said to the picture, where the place is lit. */
  #reveal() {
    this.figure.scrollIntoView({ block: "nearest", behavior: STILL.matches ? "auto" : "smooth" });
  }

  /** From a place to what was said about it. */
  find(thing) {
    thing.node.scrollIntoView({ block: "nearest", behavior: STILL.matches ? "auto" : "smooth" });
    thing.node.focus({ preventScroll: true });
  }

  /** Without a pointer on anything, what has the focus stays lit. */
  rest() {
    const focused = document.activeElement?.closest("[data-thing]")?.dataset.thing;
    this.light(this.byId.has(focused) ? focused : null);
  }

  /** Lights one thing with its line and boxes, and everything else seen at the very same place. */
  light(id) {
    this.lit = id;
    const here = new Set((this.byId.get(id)?.places ?? []).map(String));
    this.stage.classList.toggle("is-lit", id !== null);
    for (const thing of this.things) {
      const on = thing.id === id || thing.places.some((place) => here.has(String(place)));
      thing.node.classList.toggle("is-lit", id !== null && on);
      for (const shape of this.shapes.get(thing.id) ?? []) shape.classList.toggle("is-lit", id !== null && on);
    }
  }
}
