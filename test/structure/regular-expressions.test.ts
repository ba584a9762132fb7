import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "@swc/core";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FILES = "{functions,lib,client,server}/**/*.{ts,mjs}";
/**
 * The longest time to prove one pattern, and the seed of the texts that recheck tries. Most proofs take some
 * milliseconds, and some take seconds. Other programs can make a proof many times slower. Therefore recheck limits each
 * attack by its number of steps and not by its time.
 */
const PROOF = {
  timeout: 800_000,
  randomSeed: 1,
  seedingTimeout: null,
  incubationTimeout: null,
  attackTimeout: null,
};
/** A measured pattern with quadratic time needs many seconds for this text. */
const MEASURED_CHARACTERS = 200_000;
/** The patterns of hints search only this number of characters of a failure reason. */
const REASON_CHARACTERS = 8_000;
const MEASURED_LIMIT_MS = 1_000;

interface Found {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

/**
 * The patterns that recheck proves too slowly or not at all. The key is the start of the pattern. Each pattern is
 * measured with texts that need many steps: a start, a part that is repeated, and an end.
 */
const MEASURED: Readonly<Record<string, readonly (readonly [string, string, string])[]>> = {
  "(canonical[-_ ]?request": [
    ["", "canonicalrequest:C", "a"],
    ["", "canonicalrequest ", ""],
    ["canonicalrequest:", "\n ", "a"],
    ["canonicalrequest:", `\n${"a".repeat(63)}`, ""],
  ],
  "(Signature\\s*": [
    ["", "signature ", ""],
    ["", `signature=${"a".repeat(15)}`, ""],
  ],
  "signature time:": [
    ["", "signature time:", ""],
    ["signature time:", " ", ""],
    ["", `signature time: ${"a".repeat(16)}  `, ""],
  ],
  "(?<![a-z_]\\.|(?:http": [
    ["", "a", ""],
    ["", "1", "a"],
    ["", "1.1:1,", "a"],
    ["", `${"a".repeat(41)} `, ""],
    ["", "http: ", ""],
  ],
  "-----BEGIN CERTIFICATE-----": [
    ["", "-----BEGIN CERTIFICATE-----", ""],
    ["-----BEGIN CERTIFICATE-----", "a", ""],
  ],
  "&(?:#": [
    ["", "&#1234567", ""],
    ["", "%4", ""],
  ],
};

let literals: readonly Found[];
/** The patterns of hints, of sentences of the service, of routes and of masks. */
let constructed: readonly Found[];
let check: typeof import("recheck").checkSync;
beforeAll(async () => {
  process.env.RECHECK_BACKEND = "pure";
  ({ checkSync: check } = await import("recheck"));
  literals = withoutDoubles(findLiterals());
  constructed = withoutDoubles(await recordConstructed());
});

function withoutDoubles(found: readonly Found[]): readonly Found[] {
  return [...new Map(found.map((one) => [`/${one.source}/${one.flags}`, one])).values()];
}

function findLiterals(): Found[] {
  const files = globSync(FILES, { cwd: ROOT }).filter((file) => !file.includes(".generated."));
  return files.flatMap((file) => {
    const literals: Found[] = [];
    const visit = (node: unknown): void => {
      if (typeof node !== "object" || node === null) return;
      if ("type" in node && node.type === "RegExpLiteral" && "pattern" in node && "flags" in node)
        literals.push({ file, source: String(node.pattern), flags: String(node.flags) });
      for (const child of Object.values(node)) visit(child);
    };
    visit(parseSync(readFileSync(join(ROOT, file), "utf8"), { syntax: "typescript" }));
    return literals;
  });
}

/** Records the patterns that modules construct when they are loaded and used. */
async function recordConstructed(): Promise<Found[]> {
  const recorded: Found[] = [];
  const Original = globalThis.RegExp;
  globalThis.RegExp = class extends Original {
    constructor(pattern: RegExp | string, flags?: string) {
      super(pattern, flags);
      recorded.push({ file: "constructed", source: this.source, flags: this.flags });
    }
  } as RegExpConstructor;
  try {
    await import("../../lib/domain/job.ts");
    await import("../../lib/domain/texts.ts");
    await import("../../lib/domain/hints.ts");
    const { createSecretMask } = await import("../../lib/domain/secret-mask.ts");
    createSecretMask(["a+secret/of.the-test"])("text");
    const { matchRoute } = await import("../../lib/api/routes.ts");
    matchRoute("GET", "/v1/jobs/prod/1");
  } finally {
    globalThis.RegExp = Original;
  }
  return recorded;
}

/** Returns `short`, or the time in milliseconds if a search takes long. */
function measure(source: string, flags: string, text: string): number | "short" {
  const startedAt = performance.now();
  text.replace(new RegExp(source, flags), "");
  const ms = performance.now() - startedAt;
  return ms < MEASURED_LIMIT_MS ? "short" : ms;
}

test("every regular expression in the code takes linear time", () => {
  expect(literals.length).toBeGreaterThan(150);
  const unproven = literals
    .filter(({ source }) => !Object.keys(MEASURED).some((start) => source.startsWith(start)))
    .map((literal) => ({ ...literal, status: check(literal.source, literal.flags, PROOF).status }))
    .filter(({ status }) => status !== "safe");
  expect(unproven).toEqual([]);
}, 1_800_000);

test("every constructed regular expression is fast for the longest text that it reads", () => {
  expect(constructed.length).toBeGreaterThan(30);
  for (const { source, flags } of constructed)
    for (const word of source.match(/[A-Za-z][A-Za-z' ]+/g) ?? []) {
      const text = `${word} `.repeat(REASON_CHARACTERS / (word.length + 1));
      expect({ source, word, ms: measure(source, flags, text) }).toEqual({ source, word, ms: "short" });
    }
});

test.each(Object.entries(MEASURED))("the pattern that starts with %s takes linear time", (start, texts) => {
  const patterns = literals.filter(({ source }) => source.startsWith(start));
  expect(patterns.length).toBeGreaterThan(0);
  for (const { source, flags } of patterns)
    for (const [before, part, after] of texts) {
      const text = before + part.repeat(MEASURED_CHARACTERS / part.length) + after;
      expect({ part, ms: measure(source, flags, text) }).toEqual({ part, ms: "short" });
    }
});

test.each([
  ["a quadratic pattern", "\\/+$", ""],
  ["an exponential pattern", "^(a|a)*$", ""],
])("the check finds %s", (_, source, flags) => {
  expect(check(source, flags, PROOF).status).toBe("vulnerable");
});
