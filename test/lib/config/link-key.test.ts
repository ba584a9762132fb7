import { createHash, randomBytes } from "node:crypto";
import { PublicTarget } from "../../../lib/channels/channel.ts";
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

/** Different characters without neighbours in the alphabet next to each other. */
const SPREAD = "ahovcjqxelszgnubipwdkryfmt";

test.each([
  ["10 of 32 letters are capital letters", SPREAD.slice(0, 10).toUpperCase() + SPREAD.slice(0, 22), true],
  ["9 of 32 letters are capital letters", SPREAD.slice(0, 9).toUpperCase() + SPREAD.slice(0, 23), false],
  ["10 of 32 letters are small letters", SPREAD.slice(0, 22).toUpperCase() + SPREAD.slice(0, 10), true],
  ["9 of 32 letters are small letters", SPREAD.slice(0, 23).toUpperCase() + SPREAD.slice(0, 9), false],
  ["the key repeats itself after 21 characters", `9${SPREAD.slice(0, 20)}`.repeat(2).slice(0, 32), true],
  ["the key repeats itself after 20 characters", `9${SPREAD.slice(0, 19)}`.repeat(2).slice(0, 32), false],
  ["half of the characters follow each other", "abmnghts01cdpouv45ijqrwx89efkly73", true],
  ["half of the characters follow each other", "abmnghst01cdopvu45ijqrwx89efklyz3", true],
  ["more than half of the characters follow each other", "abmnghst01cdopvu45ijqrwx89efklyzz", false],
  ["the key has 8 different characters", spreadOver("aekp0369"), true],
  ["the key has 7 different characters", spreadOver("aekp039"), false],
])("a link key is guessable or not if %s", (_, key, isAccepted) => {
  expect(find(key)).toHaveLength(isAccepted ? 0 : 1);
});

/** Returns 32 characters of an alphabet. No group of three characters occurs twice, and no two neighbours are equal. */
function spreadOver(alphabet: string): string {
  const characters = [...alphabet];
  let key = alphabet;
  for (let i = 0; key.length < 32; i += 1) {
    const rotated = [
      ...characters.slice(i % characters.length),
      ...characters.slice(0, i % characters.length),
    ];
    key += rotated.find((next) => !key.endsWith(next) && !key.includes(key.slice(-2) + next)) ?? "";
    if (i > 1000) throw new Error("no key was found");
  }
  return key;
}
