import * as z from "zod/mini";
import {
  Count,
  describeIssueWithoutPath,
  httpUrlSchema,
  limitedTextSchema,
  NonEmpty,
  NumberOrMissing,
  recordSchemaRefusingProto,
  TextOrEmpty,
} from "../../../lib/domain/zod-fields.ts";

const Shape = z.strictObject({
  text: z.optional(NonEmpty),
  count: z.optional(Count),
  ratio: z.optional(z.number().check(z.minimum(0, { abort: true }), z.maximum(1))),
  flag: z.optional(z.boolean()),
  list: z.optional(z.array(z.string()).check(z.maxLength(1))),
  object: z.optional(z.object({})),
  kind: z.optional(z.enum(["a", "b"])),
  url: z.optional(httpUrlSchema("must be an http or https URL")),
  positive: z.optional(z.number().check(z.positive())),
  below: z.optional(z.number().check(z.lt(5))),
  two: z.optional(z.array(z.string()).check(z.minLength(2))),
  literal: z.optional(z.literal("a")),
  plainUrl: z.optional(z.url()),
  uuid: z.optional(z.uuid()),
  union: z.optional(z.union([z.string(), z.number()])),
  variant: z.optional(z.discriminatedUnion("kind", [z.object({ kind: z.literal("x") })])),
  odd: z.optional(z.date()),
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
  [{ url: "xhttp://x" }, "must be an http or https URL"],
  [{ url: "httpsx://x" }, "must be an http or https URL"],
  [{ record: { ab: "" } }, "must have at least 3 characters"],
  [{ positive: 0 }, "must be more than 0"],
  [{ below: 5 }, "must be less than 5"],
  [{ two: ["a"] }, "must have at least 2 entries"],
  [{ literal: "b" }, "must be 'a'"],
  [{ plainUrl: "x" }, "must be a URL"],
  [{ uuid: "x" }, "must have the format uuid"],
  [{ union: true }, "has none of the accepted forms"],
  [{ variant: { kind: "y" } }, "must be 'x'"],
  [{ odd: 1 }, "must be date"],
  [{ other: 1 }, "has an unknown field: 'other'"],
  [{ other: 1, another: 1 }, "has unknown fields: 'other', 'another'"],
])("describeIssueWithoutPath says what must be there: %j", (value, message) => {
  expect(Shape.safeParse(value).error?.issues.map(describeIssueWithoutPath)).toEqual([message]);
});

it("describeIssueWithoutPath names a missing field", () => {
  expect(z.object({ a: NonEmpty }).safeParse({}).error?.issues.map(describeIssueWithoutPath)).toEqual([
    "is missing",
  ]);
});

it("a record refuses the name __proto__, and checks its keys and values", () => {
  const faults = (text: string) =>
    recordSchemaRefusingProto(NonEmpty, z.string())
      .safeParse(JSON.parse(text))
      .error?.issues.map(({ path, message }) => [path, message]);
  expect(faults('{"a":"b"}')).toBeUndefined();
  expect(faults('{"__proto__":"b"}')).toEqual([[["__proto__"], "is not allowed as a name"]]);
  expect(faults('{"a":1}')).toEqual([[["a"], "must be a string"]]);
  expect(faults("[]")).toEqual([[[], "must be an object"]]);
});

it.each([
  ["text", "text"],
  [undefined, ""],
  [null, ""],
  [7, "7"],
  [{ a: [1] }, '{"a":[1]}'],
  [Symbol("no JSON"), ""],
])("TextOrEmpty converts a value of a reply to text: %p", (value, text) => {
  expect(TextOrEmpty.parse(value)).toBe(text);
});

it.each([
  ...[0, -1.5, 1e3].map((value) => [value, value]),
  ["0", 0],
  ["  +12\n", 12],
  ["-12", -12],
  ["1.", 1],
  ["1.25", 1.25],
  ["12e2", 1200],
  ["1.5E-10", 1.5e-10],
  ["1e+2", 100],
  [" 1.5e1 ", 15],
  ...[
    "",
    " ",
    ".5",
    "x1",
    "1x",
    "1.2.3",
    "1.x",
    "1e",
    "1ex",
    "e1",
    "+-1",
    "0x10",
    "Infinity",
    "1e999",
    "1 2",
  ].map((value) => [value, undefined]),
  ...[undefined, null, true, [1], {}, Number.NaN, Number.POSITIVE_INFINITY].map((value) => [
    value,
    undefined,
  ]),
])("NumberOrMissing reads %p as %p", (value, number) => {
  expect(NumberOrMissing.parse(value)).toBe(number);
});

it("a string is limited by its number of code points", () => {
  const schema = limitedTextSchema({ min: 1, max: 2 });
  expect(["", "a", "😀😀", "😀😀😀"].map((text) => schema.safeParse(text).success)).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(schema.safeParse("").error?.issues[0]?.message).toBe("must not be empty");
  expect(schema.safeParse("abc").error?.issues[0]?.message).toBe("must have at most 2 characters");
  expect(limitedTextSchema({ min: 0, max: 2 }).safeParse("").success).toBe(true);
});

it("an http or https URL is valid", () => {
  for (const url of ["http://x", "https://x"]) expect(Shape.safeParse({ url }).success).toBe(true);
});

it("the JSON Schema of a limited string has its limits", () => {
  const limitsOf = (min: 0 | 1) => z.toJSONSchema(limitedTextSchema({ min, max: 2 }));
  expect(limitsOf(1)).toMatchObject({ minLength: 1, maxLength: 2 });
  expect(limitsOf(0)).toMatchObject({ maxLength: 2 });
  expect(limitsOf(0)).not.toHaveProperty("minLength");
});
