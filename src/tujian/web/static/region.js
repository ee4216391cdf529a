// A frame drawn on a picture, in 0-1000 of it: by mouse, pen or finger, or by the four fields beside it.

const LEAST = 15; // of 1000: a shorter drag is a slip of the hand

/** Lays a frame where its four sides say, or hides it where one of them is missing. */
export function layFrame(frame, sides) {
  frame.hidden = sides.some((side) => side === "");
  if (frame.hidden) return;
  const [x1, y1, x2, y2] = sides.map(Number);
  Object.assign(frame.style, { left: `${x1 / 10}%`, top: `${y1 / 10}%`, width: `${(x2 - x1) / 10}%`, height: `${(y2 - y1) / 10}%` });
}

/** `fields` hold left, top, right, bottom; `changed` is called when somebody has drawn another frame. */
export function startRegion(area, frame, fields, changed) {
  let from = null;

  const at = ({ clientX, clientY }) => {
    const { left, top, width, height } = area.getBoundingClientRect();
    const within = (part) => Math.round(Math.min(1, Math.max(0, part)) * 1000);
    return [within((clientX - left) / width), within((clientY - top) / height)];
  };

  const show = () => layFrame(frame, fields.map((field) => field.value));

  function drawn(event) {
    const [[x1, y1], [x2, y2]] = [from, at(event)];
    return [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
  }

  /** A second finger draws nothing, and does not end what the first one draws. */
  const listen = (name, act) => area.addEventListener(name, (event) => event.isPrimary && act(event));

  listen("pointerdown", (event) => {
    if (event.button) return;
    from = at(event);
    area.setPointerCapture(event.pointerId);
  });
  listen("pointermove", (event) => from && layFrame(frame, drawn(event)));
  listen("pointerup", (event) => {
    if (!from) return;
    const [x1, y1, x2, y2] = drawn(event);
    from = null;
    if (x2 - x1 < LEAST || y2 - y1 < LEAST) return show();
    [x1, y1, x2, y2].forEach((side, place) => (fields[place].value = side));
    show();
    changed();
  });
  listen("pointercancel", () => ((from = null), show()));
  area.addEventListener("contextmenu", (event) => from && event.preventDefault()); // a finger that rests before it draws
  area.addEventListener("dragstart", (event) => event.preventDefault()); // the picture itself is not dragged away
  for (const field of fields) field.addEventListener("input", show);
  show();
  return show;
}
