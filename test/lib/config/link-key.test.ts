import { createHash, randomBytes } from "node:crypto";
import { PublicTarget } from "../../../lib/channels/public-target.ts";
import { createConfigParser } from "../../../lib/config/config.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { PublicProject } from "../../../lib/config/projects.ts";

const find = (...linkKeys: unknown[]) => {
  const faults = linkKeys.map((key) => {
    const parsed = parseWholeConfig({ settings: { linkKeys: [key] } });
    return parsed.kind === "faults" ? parsed.faults : [];
  });
  return faults.flat();
};

const GUESSABLE = [
  "a".repeat(40),
  "passwordpasswordpasswordpassword",
  "changeme1changeme1changeme1changeme1",
  "0123456789abcdefghijklmnopqrstuvwxyz",
  "0123456789abcdef0123456789abcdef",
  "31415926535897932384626433832795028",
  "correct horse battery staple correct hen",
  "my-secret-for-the-links-of-prod-2026",
  "Quite-Long-Words-Of-A-Person-Who-Types",
];

test.each(GUESSABLE)("a link key that a person wrote makes the config invalid: %s", (key) => {
  expect(find(key)).toEqual([
    "settings.linkKeys[0]: is easy to guess; openssl rand -hex 32 makes a good key",
  ]);
});

test.each(GUESSABLE)("a Lambda function without credentials refuses the guessable link key %s", (key) => {
  const configParser = createConfigParser(["settings", "linkKeys"], {
    project: PublicProject,
    target: PublicTarget,
  });
  expect(configParser.parse({ settings: { linkKeys: [randomBytes(32).toString("hex"), key] } })).toEqual({
    kind: "faults",
    faults: ["settings.linkKeys[1]: is easy to guess; openssl rand -hex 32 makes a good key"],
  });
});

test.each(["", "a", "k".repeat(31), randomBytes(15).toString("hex")])(
  "a short link key makes the config invalid, with one error: '%s'",
  (key) => {
    expect(find(key)).toEqual([
      "settings.linkKeys[0]: must have at least 32 characters; openssl rand -hex 32 makes a good key",
    ]);
  },
);

test("link keys of a random generator are valid", () => {
  const keys = Array.from({ length: 300 }, () => randomBytes(32));
  expect(find(...keys.map((key) => key.toString("hex")))).toEqual([]);
  expect(find(...keys.map((key) => key.toString("base64")))).toEqual([]);
});

test("a base64 link key without a digit is valid", () => {
  const hasNoDigit = (text: string) => !/[0-9]/.test(text);
  // The keys are the same in every run, because the rule refuses one in about a thousand of such random keys.
  const hashOf = (number: number) => createHash("sha256").update(String(number)).digest("base64");
  const keys = Array.from({ length: 30_000 }, (_, number) => hashOf(number)).filter(hasNoDigit);
  expect(keys.length).toBeGreaterThan(0);
  expect(find(...keys)).toEqual([]);
});
