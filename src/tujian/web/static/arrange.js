// Which value stands where, so that leader lines are short and do not cross. Geometry only, no document.
// A value: {id, place: [x1, y1, x2, y2] in 0-1000 or null}.

const middle = ([x1, y1, x2, y2]) => ({ x: (x1 + x2) / 2, y: (y1 + y2) / 2 });

/** Reading order for the numbered list: by place from top to bottom, then those without one as they came. */
export function inReadingOrder(values) {
  const located = values.filter((value) => value.place);
  located.sort((a, b) => middle(a.place).y - middle(b.place).y || middle(a.place).x - middle(b.place).x);
  return [...located, ...values.filter((value) => !value.place)];
}

/** Two columns: places left of centre to the left, the fuller side hands over what lies nearest the centre. */
export function twoColumns(values) {
  const byX = values.filter((value) => value.place).sort((a, b) => middle(a.place).x - middle(b.place).x);
  const most = Math.ceil(values.length / 2);
  const natural = byX.filter((value) => middle(value.place).x < 500).length;
  const split = Math.min(Math.max(natural, byX.length - most), most);
  const left = inReadingOrder(byX.slice(0, split));
  const right = inReadingOrder(byX.slice(split));
  for (const value of values.filter((one) => !one.place)) (left.length <= right.length ? left : right).push(value);
  return { left, right };
}

const turn = (a, b, c) => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);

export function cross(one, other) {
  const [a, b, c, d] = [one.from, one.to, other.from, other.to];
  return turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
}

/** Swaps places until no two lines cross. Each swap of a crossing pair shortens the sum, so it ends
 *  (the shortest matching of points by straight lines has no crossing); the bound is for rounding only.
 *  `seats`: [{x, y, side}], `holders[i]` sits on `seats[i]`, `reach(holder, seat)` is the line between them. */
export function untangle(seats, holders, reach) {
  const order = [...holders];
  for (let round = 0; round < order.length * order.length; round += 1) {
    let swapped = false;
    for (let i = 0; i < order.length; i += 1) {
      for (let j = i + 1; j < order.length; j += 1) {
        if (cross(reach(order[i], seats[i]), reach(order[j], seats[j]))) {
          [order[i], order[j]] = [order[j], order[i]];
          swapped = true;
        }
      }
    }
    if (!swapped) break;
  }
  return order;
}
