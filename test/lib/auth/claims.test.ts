import fc from "fast-check";
import { matchesPattern, satisfies } from "../../../lib/auth/claims.ts";

test.each([
  ["org/*", "org/infra", true],
  ["org/*", "org/", true],
  ["org/*", "organ/infra", false],
  ["*/infra", "org/infra", true],
  ["a*b*c", "a-b-c", true],
  ["a*a", "a", false],
  ["a*ab", "aab", true],
  ["*", "", true],
  ["", "", true],
  ["", "x", false],
  ["a.c", "abc", false],
  ["repo:org/*:ref:refs/heads/main", "repo:org/x:ref:refs/heads/main-evil", false],
])("'%s' against '%s' is %s", (pattern, text, expected) => {
  expect(matchesPattern(pattern, text)).toBe(expected);
});

test("agrees with a regular expression made of the pattern", () => {
  const small = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
  fc.assert(
    fc.property(pattern, small, (wanted, text) => {
      expect(matchesPattern(wanted, text)).toBe(new RegExp(`^${wanted.replaceAll("*", ".*")}$`).test(text));
    }),
  );
});

test("a list satisfies by one of its values; objects, nulls and inherited names by none", () => {
  const rule = { issuer: "https://i", audience: "us", projects: ["*"], targets: ["*"] };
  const claims = { aud: ["them", "us"], groups: ["x", "ops-1"], run: 7, gone: null, deep: { a: "b" } };
  expect(satisfies({ ...rule, claims: { groups: "ops-*", run: "7" } }, claims)).toBe(true);
  for (const name of ["gone", "deep", "toString", "absent"])
    expect(satisfies({ ...rule, claims: { [name]: "*" } }, claims)).toBe(false);
  expect(satisfies({ ...rule, claims: { run: "7" } }, { ...claims, aud: "usual" })).toBe(false);
});
