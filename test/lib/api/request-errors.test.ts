import fc from "fast-check";
import * as z from "zod";
import { pointerOf, requestErrorsOf } from "../../../lib/api/request-errors.ts";

test("a pointer escapes what RFC 6901 and a URI's fragment ask for", () => {
  expect(pointerOf([])).toBe("#");
  expect(pointerOf(["a", 0, "x/y~z", "ü %"])).toBe("#/a/0/x~1y~0z/%C3%BC%20%25");
});

test("no name of a field breaks a pointer", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (path) => {
      const steps = pointerOf(path).split("/").slice(1).map(decodeURIComponent);
      expect(steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))).toEqual(
        path.map((step) => step.toWellFormed()),
      );
    }),
  );
});

test("unknown fields are told one by one, and a key that is none by what is wrong with it", () => {
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
