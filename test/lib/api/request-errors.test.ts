import fc from "fast-check";
import * as z from "zod";
import { pointerOf, requestErrorsOf } from "../../../lib/api/request-errors.ts";

test("pointerOf escapes as RFC 6901 and a URI fragment require", () => {
  expect(pointerOf([])).toBe("#");
  expect(pointerOf(["a", 0, "x/y~z", "ü %"])).toBe("#/a/0/x~1y~0z/%C3%BC%20%25");
});

test("pointerOf makes a readable pointer from any field name", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (path) => {
      const steps = pointerOf(path).split("/").slice(1).map(decodeURIComponent);
      expect(steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))).toEqual(
        path.map((step) => step.toWellFormed()),
      );
    }),
  );
});

test("requestErrorsOf returns one error per unknown field, and the message of a malformed key", () => {
  const schema = z.strictObject({ map: z.record(z.string().min(1, "must have a name"), z.string()) });
  const parsed = schema.safeParse({ map: { "": "x" }, a: 1, b: 2 });
  expect(parsed.success ? [] : requestErrorsOf(parsed.error)).toEqual(
    expect.arrayContaining([
      { pointer: "#/a", detail: "unknown field" },
      { pointer: "#/b", detail: "unknown field" },
      { pointer: "#/map/", detail: "must have a name" },
    ]),
  );
});
