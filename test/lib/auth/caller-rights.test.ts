import { createHash } from "node:crypto";
import {
  type Caller,
  findTokenCaller,
  isNameInConfig,
  mayUse,
  parseAuthorization,
} from "../../../lib/auth/caller-rights.ts";
import type { Rights } from "../../../lib/config/config.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";

test.each([
  ["Bearer abc", { kind: "bearer", token: "abc" }],
  ["bearer   a-b.c_d~e+f/g==", { kind: "bearer", token: "a-b.c_d~e+f/g==" }],
  ["", { kind: "absent" }],
  [undefined, { kind: "absent" }],
  ["Bearer", { kind: "malformed" }],
  ["Bearer a b", { kind: "malformed" }],
  ["Basic abc", { kind: "malformed" }],
  ["  ", { kind: "absent" }],
  [" \tBearer abc\t ", { kind: "bearer", token: "abc" }],
  ["x Bearer abc", { kind: "malformed" }],
  ["xBearer abc", { kind: "malformed" }],
  ["Bearer abc!", { kind: "malformed" }],
])("parses the authorization header %j", (header, expected) => {
  expect(parseAuthorization(header)).toEqual(expected);
});

test("parses a token in a header of at most 16 KiB", () => {
  const longest = "a".repeat(16_384 - "Bearer ".length);
  expect(parseAuthorization(`Bearer ${longest}`)).toEqual({ kind: "bearer", token: longest });
  expect(parseAuthorization(`Bearer ${longest}a`)).toEqual({ kind: "malformed" });
});

test("finds the caller of a token by any hash of the token, in upper or lower case", () => {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const rights: Rights = { projects: ["prod"], targets: ["*"], operations: ["read"] };
  const tokens = {
    ci: {
      sha256: [sha256("old"), sha256("new").toUpperCase(), sha256("newer"), sha256("newest")],
      ...rights,
    },
    other: { sha256: sha256("else"), ...rights },
  };
  for (const token of ["old", "newer", "newest"])
    expect(findTokenCaller(token, tokens)?.name).toBe("token:ci");
  expect(findTokenCaller("new", tokens)).toEqual({ name: "token:ci", rights: [rights] });
  expect(findTokenCaller(sha256("old"), tokens)).toBeNull();
  expect(findTokenCaller("", tokens)).toBeNull();
  expect(findTokenCaller("old", {})).toBeNull();
});

describe("the rights of a caller", () => {
  const callerWith = (...rights: Rights[]): Caller => ({ name: "token:ci", rights });
  const prod: Rights = { projects: ["prod"], targets: ["deploys"], operations: ["watch", "read"] };

  test("contain each name in an array, and every name if the array contains *", () => {
    const all: Rights = { projects: ["*"], targets: ["*"], operations: ["*"] };
    const wanted = { operation: "stop", project: "any", target: "other" } as const;
    expect(mayUse(callerWith(all), wanted)).toBe(true);
    expect(mayUse(callerWith(prod), { operation: "watch", project: "prod", target: "deploys" })).toBe(true);
    expect(mayUse(callerWith(prod), { operation: "stop", project: "prod" })).toBe(false);
    expect(mayUse(callerWith(prod), { operation: "read", project: "dev" })).toBe(false);
    expect(mayUse(callerWith(prod), { operation: "watch", project: "prod", target: "ops" })).toBe(false);
  });

  test("contain nothing for an empty array", () => {
    expect(mayUse(callerWith({ ...prod, targets: [] }), { target: "deploys" })).toBe(false);
    expect(mayUse(callerWith({ ...prod, targets: [] }), { operation: "read", project: "prod" })).toBe(true);
    expect(mayUse(callerWith({ ...prod, operations: [] }), { project: "prod" })).toBe(false);
    expect(mayUse(callerWith(), {})).toBe(false);
  });

  test("do not combine the operation of one entry with the project or target of another entry", () => {
    const both = callerWith(prod, { projects: ["dev"], targets: ["ops"], operations: ["stop"] });
    expect(mayUse(both, { operation: "stop", project: "dev" })).toBe(true);
    expect(mayUse(both, { operation: "stop", project: "prod" })).toBe(false);
    expect(mayUse(both, { operation: "watch", project: "prod", target: "ops" })).toBe(false);
  });
});

test("the config contains only its own projects and targets, and no inherited names", () => {
  const parsed = parseWholeConfig({
    projects: {
      prod: { projectId: "0bcc", region: "eu-de", auth: { kind: "aksk", accessKey: "a", secretKey: "s" } },
    },
    targets: { deploys: { kind: "slack", url: "https://hooks.slack.com/services/T/B/x" } },
  });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  const contains = (kind: "project" | "target") =>
    ["prod", "deploys", "constructor", "toString"].filter((name) =>
      isNameInConfig(parsed.config, kind, name),
    );
  expect([contains("project"), contains("target")]).toEqual([["prod"], ["deploys"]]);
});
