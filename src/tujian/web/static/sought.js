// Pictures that hits shall look like: a row of small ones, one of them large, each with a frame of its own.
// The file field holds them, too; the fields of the frame hold that of the large one. Knows nothing of asking.
import { askPreview, Refused } from "./api.js";
import { make, say } from "./dom.js";
import { layFrame, startRegion } from "./region.js";

const WHOLE = ["", "", "", ""];

/** `changed` is called when a picture came or went, or has another frame. */
export function startSought(changed) {
  const $ = (id) => document.getElementById(id);
  const fields = [...$("sides").querySelectorAll("input")];
  const most = Number($("image").dataset.most);
  const pictures = []; // {file, address, sides, node}
  let large = null; // of them

  const showFrame = startRegion($("marking"), $("mark-box"), fields, () => (keepFrame(), changed()));

  /** What the fields say now is the large picture's frame. */
  function keepFrame() {
    const sides = fields.map((field) => field.value);
    $("whole").hidden = sides.includes("");
    if (!large) return;
    large.sides = sides;
    layFrame(large.node.querySelector(".mark-box"), sides);
  }

  function setFrame(sides) {
    fields.forEach((field, place) => (field.value = sides[place]));
    showFrame();
    keepFrame();
  }

  function choose(picture) {
    keepFrame();
    large = picture;
    setFrame(picture?.sides ?? WHOLE);
    for (const one of pictures) one.node.firstElementChild.setAttribute("aria-pressed", one === large);
    for (const name of ["width", "height", "src"]) $("shown").removeAttribute(name); // sizes of an item's picture
    if (picture) $("shown").src = picture.address;
    $("shown-name").textContent = picture?.file.name ?? "";
  }

  /** Of `files` those that there is room for; says whether that is all of them. */
  function add(files) {
    const fresh = files.slice(0, most - pictures.length).map((file) => ({ file, sides: WHOLE }));
    for (const picture of fresh) {
      picture.address = URL.createObjectURL(picture.file);
      picture.node = $("sought").appendChild(small(picture));
    }
    pictures.push(...fresh);
    if (fresh.length) choose(fresh[0]);
    hold();
    if (fresh.length) changed();
    return fresh.length === files.length;
  }

  function small(picture) {
    const { name } = picture.file;
    const image = make("img", { src: picture.address, alt: "" });
    image.addEventListener("error", () => develop(picture, image), { once: true });
    const mark = make("span", { class: "mark-box", hidden: true });
    const button = { type: "button", "aria-label": say("search_choose", { name }), onclick: () => choose(picture) };
    const away = { type: "button", text: "×", "aria-label": say("search_take_out", { name }) };
    const chooser = make("button", button, make("span", {}, image, mark));
    return make("li", {}, chooser, make("button", { ...away, onclick: () => takeOut(picture) }));
  }

  /** What browsers cannot show, the server can. What is no picture at all is said by who looks for it. */
  async function develop(picture, image) {
    try {
      picture.address = URL.createObjectURL(await askPreview({ name: picture.file.name, file: picture.file }));
    } catch (error) {
      if (error instanceof Refused) return;
      throw error;
    }
    image.src = picture.address;
    if (picture === large) $("shown").src = picture.address;
  }

  function takeOut(picture) {
    const place = pictures.indexOf(picture);
    pictures.splice(place, 1);
    picture.node.remove();
    URL.revokeObjectURL(picture.address);
    const next = pictures[place] ?? pictures.at(-1);
    if (picture === large) {
      large = null;
      choose(next ?? null);
    }
    (next?.node.lastElementChild ?? $("image")).focus();
    hold();
    changed();
  }

  function hold() {
    const transfer = new DataTransfer();
    for (const { file } of pictures) transfer.items.add(file);
    $("image").files = transfer.files;
    $("sought").hidden = $("query").hidden = !pictures.length;
  }

  /** Puts the pictures into what is asked; the n-th region is of the n-th picture. */
  function putInto(wish) {
    for (const name of ["image", "region"]) wish.delete(name);
    for (const { file, sides } of pictures) {
      wish.append("image", file);
      wish.append("region", sides.some(Boolean) ? sides.join(",") : "");
    }
    return wish;
  }

  $("sides").addEventListener("input", keepFrame);
  return { add, putInto, clearFrame: () => setFrame(WHOLE), any: () => pictures.length > 0 };
}
