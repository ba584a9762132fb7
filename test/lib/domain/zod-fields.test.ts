import * as z from "zod/mini";
import { Count, describeIssue, httpUrlSchema, NonEmpty } from "../../../lib/domain/zod-fields.ts";

const Shape = z.strictObject({
  text: z.optional(NonEmpty),
  count: z.optional(Count),
  ratio: z.optional(z.number().check(z.minimum(0, { abort: true }), z.maximum(1))),
  flag: z.optional(z.boolean()),
  list: z.optional(z.array(z.string()).check(z.maxLength(1))),
  object: z.optional(z.object({})),
  kind: z.optional(z.enum(["a", "b"])),
  url: z.optional(httpUrlSchema("must be an http or https URL")),
  record: z.optional(z.record(z.string().check(z.minLength(3)), z.string())),
});

it.each<[Record<string, unknown>, string]>([
  [{ text: 1 }, "must be a string"],
  [{ text: "" }, "must not be empty"],
  [{ count: "1" }, "must be a number"],
  [{ count: 1.5 }, "must be an integer"],
  [{ count: -1 }, "must be at least 0"],
  [{ ratio: 2 }, "must be at most 1"],
  [{ flag: "yes" }, "must be a boolean"],
  [{ list: "a" }, "must be an array"],
  [{ list: ["a", "b"] }, "must have at most 1 entry"],
  [{ object: [] }, "must be an object"],
  [{ kind: "c" }, "must be one of 'a', 'b'"],
  [{ url: "ftp://x" }, "must be an http or https URL"],
  [{ record: { ab: "" } }, "must have at least 3 characters"],
  [{ other: 1 }, "has an unknown field: 'other'"],
  [{ other: 1, another: 1 }, "has unknown fields: 'other', 'another'"],
])("describeIssue says what must be there: %j", (value, message) => {
  expect(Shape.safeParse(value).error?.issues.map(describeIssue)).toEqual([message]);
});

it("describeIssue names a missing field", () => {
  expect(z.object({ a: NonEmpty }).safeParse({}).error?.issues.map(describeIssue)).toEqual(["is missing"]);
});
