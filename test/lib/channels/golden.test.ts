import { readFileSync, writeFileSync } from "node:fs";
import { Language } from "../../../lib/domain/texts.ts";
import {
  CHAT_KINDS,
  format,
  formatDigest,
  formatOutcome,
  MANY_NODES,
  NODES,
  SAMPLES,
  SLOW,
  target,
} from "./samples.ts";

/**
 * Compares a message with a golden file. `UPDATE_GOLDEN=1` writes the golden files again. A person must read each
 * changed golden file before the commit.
 */
function expectGolden(name: string, document: unknown): void {
  const file = new URL(`./golden/${name}.golden.json`, import.meta.url);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
}

const CONTENTS = {
  ...SAMPLES,
  "failed-nodes": MANY_NODES,
} as const;
const AT = Date.parse("2026-04-14T08:09:14.000Z");

describe("the event for a webhook equals the golden file", () => {
  it.each(Object.entries(CONTENTS))("for the outcome %s", (name, summary) => {
    expectGolden(`webhook-${name}`, formatOutcome(target("webhook"), summary));
  });

  it("for a slow job", () => {
    expectGolden("webhook-slow", format(target("webhook"), { kind: "slow", summary: SLOW }));
  });

  it("for a digest of twelve nodes", () => {
    expectGolden("webhook-digest", formatDigest(target("webhook"), NODES));
  });
});

const CHATS = CHAT_KINDS.flatMap((kind) => Language.options.map((language) => [kind, language] as const));

describe.each(CHATS)("the message for %s in the language %s equals the golden file", (kind, language) => {
  const to = target(kind, true, language);

  it.each(Object.entries(CONTENTS))("for the outcome %s", (name, summary) => {
    expectGolden(`${kind}-${name}-${language}`, formatOutcome(to, summary));
  });

  it("for a digest of twelve nodes", () => {
    expectGolden(`${kind}-digest-${language}`, formatDigest(to, NODES));
  });

  it("for a slow job", () => {
    expectGolden(`${kind}-slow-${language}`, format(to, { kind: "slow", summary: SLOW }));
  });

  it("for a test of the target, and for a target that is switched off", () => {
    const contents = [
      { kind: "test", target: "deploys", caller: "token:gitlab", at: AT },
      { kind: "target_gone", target: "audit", at: AT },
    ] as const;
    expectGolden(
      `${kind}-system-${language}`,
      contents.map((content) => format(to, content)),
    );
  });
});
