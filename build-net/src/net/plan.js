import { sameWish } from "./kernel-object.js";
function planSteps(wanted, present) {
  const wishes = /* @__PURE__ */ new Map();
  for (const placed of wanted) wishes.set(placed.object.key, placed);
  const removals = [];
  for (const placed of present) {
    const wish = wishes.get(placed.object.key);
    if (wish !== void 0 && sameWish(wish.object.setting, placed.object.setting)) wishes.delete(placed.object.key);
    else removals.push(placed);
  }
  return [
    ...steps("remove", "route", removals),
    ...steps("remove", "address", removals),
    ...steps("add", "address", wishes.values()),
    ...steps("add", "route", wishes.values())
  ];
}
function steps(verb, kind, placed) {
  return [...placed].filter(({ object }) => object.kind === kind).sort((a, b) => a.order - b.order).map(({ object }) => ({ verb, object }));
}
export {
  planSteps
};
//# sourceMappingURL=plan.js.map
