// The pictures of a chat: one large with the places that an answer named, the others small below it.
import { make, say } from "./dom.js";

export class Gallery {
  constructor(root, listOnly) {
    Object.assign(this, { root, pictures: [], shown: null });
    this.image = make("img");
    this.marks = make("div", { class: "marks", "aria-hidden": "true" });
    this.row = make("div", { class: "thumbs" });
    this.name = make("span");
    this.same = make("button", { type: "button", class: "quiet", onclick: () => listOnly(this.shown.key) });
    const caption = make("figcaption", {}, this.name, this.same);
    root.append(make("div", { class: "frame" }, this.image, this.marks), this.row, caption);
  }

  /** `pictures`: [{key, name, address, isKept}] as they came. One that is new is shown, else the one that was. */
  hold(pictures) {
    const fresh = pictures.filter(({ key }) => !this.pictures.some((held) => held.key === key));
    const still = pictures.find(({ key }) => key === this.shown?.key);
    this.pictures = pictures;
    this.root.hidden = !pictures.length;
    if (pictures.length) this.show((fresh.at(-1) ?? still ?? pictures.at(-1)).key);
  }

  /** The picture `key`, with the places on it: [{label, box_1000}]. */
  show(key, boxes = []) {
    const picture = this.shown = this.pictures.find((held) => held.key === key) ?? this.shown;
    if (this.image.getAttribute("src") !== picture.address) this.image.src = picture.address;
    this.image.alt = say("picture_alt", { title: picture.name });
    this.name.textContent = picture.name;
    this.same.textContent = say("chat_same");
    this.same.hidden = !picture.isKept;
    this.row.hidden = this.pictures.length < 2;
    this.row.replaceChildren(...this.pictures.map((one) => thumb(one, one === picture, () => this.show(one.key))));
    this.marks.replaceChildren(...boxes.map(({ label, box_1000: [x1, y1, x2, y2] }, place) => {
      const mark = make("div", { class: "mark" }, make("b", { text: place + 1 }), make("span", { text: label }));
      const [left, top, width, height] = [x1, y1, x2 - x1, y2 - y1].map((part) => `${part / 10}%`);
      Object.assign(mark.style, { left, top, width, height });
      return mark;
    }));
  }

  /** Shows what an answer named on the picture `key`, and lights one place; null none. */
  point(key, boxes, place) {
    if (!this.shown) return;
    this.show(key, boxes);
    this.marks.classList.toggle("is-lit", place !== null);
    this.marks.children[place]?.classList.add("is-lit");
  }
}

export const thumb = ({ name, address }, isShown, onclick) =>
  make(
    "button",
    { type: "button", title: name, "aria-label": name, "aria-current": isShown ? "true" : null, onclick },
    make("img", { src: address, alt: "" }),
  );
