import { parseTraceparentInMessage, toTraceparentVersion00 } from "../../../lib/domain/traceparent.ts";

const IDS = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
const ZERO_FIRST = "00-0af7651916cd43dd8448eb211c80319c-07ad6b7169203331-01";

describe("a header traceparent", () => {
  test.each([
    ["of version 00", `00-${IDS}-01`, `00-${IDS}-01`],
    ["with a parent ID that starts with a zero", ZERO_FIRST, ZERO_FIRST],
    ["with unknown flags", `00-${IDS}-ff`, `00-${IDS}-ff`],
    ["between spaces", ` 00-${IDS}-00 `, `00-${IDS}-00`],
    ["of a later version", `01-${IDS}-03`, `00-${IDS}-01`],
    ["of a later version with more fields", `cc-${IDS}-02-what-the-future-brings`, `00-${IDS}-00`],
  ])("%s is read in the form of version 00", (_, header, expected) => {
    expect(toTraceparentVersion00(header)).toBe(expected);
  });

  test.each([
    ["that is missing", undefined],
    ["that is empty", ""],
    ["of the forbidden version ff", `ff-${IDS}-01`],
    ["with upper-case digits", `00-${IDS.toUpperCase()}-01`],
    ["with a trace ID of zeros", `00-${"0".repeat(32)}-b7ad6b7169203331-01`],
    ["with a parent ID of zeros", `00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`],
    ["of a later version with a trace ID of zeros", `01-${"0".repeat(32)}-b7ad6b7169203331-01`],
    ["of version 00 with more fields", `00-${IDS}-01-extra`],
    ["of a later version after another text", `x01-${IDS}-01`],
    ["of a later version whose flags are too long", `01-${IDS}-011`],
    ["that was sent twice", `00-${IDS}-01,00-${IDS}-01`],
    ["that is cut", `00-${IDS}`],
    ["that contains a line break", `00-${IDS}-01\n00-${IDS}-01`],
    ["that is another text", "not-a-traceparent"],
  ])("%s is ignored", (_, header) => {
    expect(toTraceparentVersion00(header)).toBeNull();
  });
});

test("the traceparent is found in the body of a message that is otherwise invalid", () => {
  expect(parseTraceparentInMessage(JSON.stringify({ v: 99, traceparent: `00-${IDS}-01` }))).toBe(
    `00-${IDS}-01`,
  );
});

test.each(["", "{", "null", "[]", '{"traceparent":"x"}'])("the body %j has no traceparent", (body) => {
  expect(parseTraceparentInMessage(body)).toBeNull();
});
