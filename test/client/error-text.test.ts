import { formatFaultLine } from "../../client/error-text.ts";

const sent = {
  body: { jobIds: ["a b"], deadlineMinutes: 0, context: { labels: { "a/b": "x".repeat(99) } } },
  query: new URLSearchParams("project=nowhere&callbackUrl=https://hooks.example/secret"),
};

test.each([
  [{ pointer: "#/jobIds/0" }, "'a b' (#/jobIds/0) is bad"],
  [{ pointer: "#/deadlineMinutes" }, "'0' (#/deadlineMinutes) is bad"],
  [{ pointer: "#/context/labels/a~1b" }, `'${"x".repeat(79)}…' (#/context/labels/a~1b) is bad`],
  [{ parameter: "project" }, "'nowhere' (project) is bad"],
  [{ pointer: "#/jobIds" }, "#/jobIds is bad"],
  [{ pointer: "#/jobIds/7/length" }, "#/jobIds/7/length is bad"],
  [{ pointer: "#/%" }, "#/% is bad"],
  [{ pointer: "#" }, "# is bad"],
  [{}, "is bad"],
])("the line of a fault at %j contains the value that was sent", (location, line) => {
  expect(formatFaultLine({ ...location, detail: "is bad" }, sent)).toBe(line);
});

test("the line of a fault does not contain a callback URL", () => {
  const body = { callbackUrl: "https://hooks.example/secret" };
  expect(formatFaultLine({ pointer: "#/callbackUrl", detail: "is bad" }, { body })).toBe(
    "#/callbackUrl is bad",
  );
  expect(formatFaultLine({ parameter: "callbackUrl", detail: "is bad" }, sent)).toBe("callbackUrl is bad");
});

test("the line of a fault in a reply contains no value", () => {
  expect(formatFaultLine({ pointer: "#/0", detail: "is bad" }, { body: "{}" })).toBe("#/0 is bad");
});
