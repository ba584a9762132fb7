import { faultLine } from "../../client/fault-line.ts";

const sent = {
  body: { jobIds: ["a b"], deadlineMinutes: 0, context: { labels: { "a/b": "x".repeat(99) } } },
  query: new URLSearchParams("project=nowhere&callbackUrl=https://hooks.example/secret"),
};

test.each([
  [{ pointer: "#/jobIds/0" }, "'a b' (#/jobIds/0) is bad"],
  [{ pointer: "#/deadlineMinutes" }, "'0' (#/deadlineMinutes) is bad"],
  [{ pointer: "#/context/labels/a~1b" }, `'${"x".repeat(80)}…' (#/context/labels/a~1b) is bad`],
  [{ parameter: "project" }, "'nowhere' (project) is bad"],
  [{ pointer: "#/jobIds" }, "#/jobIds is bad"],
  [{ pointer: "#/jobIds/7/length" }, "#/jobIds/7/length is bad"],
  [{ pointer: "#/%" }, "#/% is bad"],
  [{ pointer: "#" }, "# is bad"],
  [{}, "is bad"],
])("a fault at %j names what was typed there", (place, line) => {
  expect(faultLine({ ...place, detail: "is bad" }, sent)).toBe(line);
});

test("a URL that somebody can post to is not shown", () => {
  const body = { callbackUrl: "https://hooks.example/secret" };
  expect(faultLine({ pointer: "#/callbackUrl", detail: "is bad" }, { body })).toBe("#/callbackUrl is bad");
  expect(faultLine({ parameter: "callbackUrl", detail: "is bad" }, sent)).toBe("callbackUrl is bad");
});

test("a reply that was sent as a text has no place to point at", () => {
  expect(faultLine({ pointer: "#/0", detail: "is bad" }, { body: "{}" })).toBe("#/0 is bad");
});
