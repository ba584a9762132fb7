import { listNames, listResources } from "../../../lib/domain/cause.ts";
import { textsIn } from "../../../lib/domain/texts.ts";

it("a list of names counts the names that it does not show", () => {
  expect(listNames(["a", "b"], 2)).toBe("a, b");
  expect(listNames(["a", "{count}"], 5)).toBe("a, {count} and 3 more");
  expect(listNames([], 5)).toBe("");
});

it("the default text for more names is the English text", () => {
  expect(listNames(["a"], 2)).toBe(listNames(["a"], 2, textsIn("en")["names.more"]));
});

it("a list of resources shows three names", () => {
  const cause = { type: null, reason: null, hint: null, count: 6, resources: ["a", "b", "c", "d"] };
  expect(listResources(cause)).toBe("a, b, c and 3 more");
});
