import * as z from "zod";
import {
  describeUnknownName,
  invalidRequest,
  toJsonPointerFragment,
  toRequestErrors,
} from "../../../lib/api/request-errors.ts";
import type { Rights } from "../../../lib/config/config.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { CONFIG } from "../../functions/http-config.ts";
import fc, { anyCharacter } from "../../support/properties.ts";

test("toJsonPointerFragment escapes as RFC 6901 and a URI fragment require", () => {
  expect(toJsonPointerFragment([])).toBe("#");
  expect(toJsonPointerFragment(["a", 0, "x/y~z", "ü %"])).toBe("#/a/0/x~1y~0z/%C3%BC%20%25");
});

test("toJsonPointerFragment makes a readable pointer from any field name", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: anyCharacter })), (path) => {
      const steps = toJsonPointerFragment(path).split("/").slice(1).map(decodeURIComponent);
      expect(steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))).toEqual(
        path.map((step) => step.toWellFormed()),
      );
    }),
  );
});

test("toRequestErrors returns one error per unknown field, and the message of a malformed key", () => {
  const schema = z.strictObject({ map: z.record(z.string().min(1, "must have a name"), z.string()) });
  const parsed = schema.safeParse({ map: { "": "x" }, a: 1, b: 2 });
  expect(toRequestErrors(parsed)).toEqual(
    expect.arrayContaining([
      { pointer: "#/a", detail: "unknown field" },
      { pointer: "#/b", detail: "unknown field" },
      { pointer: "#/map/", detail: "must have a name" },
    ]),
  );
});

test.each([
  [{ pointer: "#/notify/0" }, "`notify[0]`: is wrong."],
  [{ pointer: "#/context/labels/a~1b%20c" }, "`context.labels.a/b c`: is wrong."],
  [{ pointer: "#" }, "`body`: is wrong."],
  [{ parameter: "wait" }, "`wait`: is wrong."],
])("invalidRequest describes the only error %j as %s", (position, detail) => {
  expect(invalidRequest([{ ...position, detail: "is wrong" }]).problem.detail).toBe(detail);
});

test("invalidRequest counts several errors, and returns a 422 when one error is in the body", () => {
  const inQuery = { parameter: "wait", detail: "is wrong" };
  const inBody = { pointer: "#/jobId", detail: "is wrong" };
  expect(invalidRequest([inQuery, inQuery]).problem).toMatchObject({
    status: 400,
    detail: "The request has 2 errors. See 'errors'.",
  });
  expect(invalidRequest([inQuery, inBody]).problem.status).toBe(422);
});

test("describeUnknownName lists only names that the caller may use, at most 20", () => {
  const parsed = parseWholeConfig(CONFIG);
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  const { config } = parsed;
  const rights: Rights = { projects: ["prod"], targets: ["deploys", "absent"], operations: ["watch"] };
  const caller = { name: "token:team", rights: [rights] };
  const detail = (of: typeof config) => describeUnknownName("target", "absent", caller, of);
  expect(detail(config)).toBe("unknown target 'absent'. Targets you may use: deploys.");
  expect(detail({ ...config, targets: {} })).toBe("unknown target 'absent'. Targets you may use: none.");
  const projects = Object.fromEntries(
    Array.from({ length: 22 }, (_, i) => [`p${i}`, config.projects.prod]),
  ) as typeof config.projects;
  expect(
    describeUnknownName(
      "project",
      "x",
      { ...caller, rights: [{ ...rights, projects: ["*"] }] },
      { ...config, projects },
    ),
  ).toMatch(/: p0, p1, .*, p19 and 2 more\.$/);
});

test.each([
  ["#/a~1b/0/12/x7/7x/~0", "`a/b[0][12].x7.7x.~`: is bad."],
  ["#/a~01b", "`a~1b`: is bad."],
  ["#/jobId", "`jobId`: is bad."],
  ["#", "`body`: is bad."],
])("a single error at %s is a readable sentence", (pointer, detail) => {
  expect(invalidRequest([{ pointer, detail: "is bad" }]).problem.detail).toBe(detail);
});
