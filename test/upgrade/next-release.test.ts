import { fileURLToPath } from "node:url";
import { readSources } from "../../local/package/sources.ts";
import { makeNextRelease } from "./next-release.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("makeNextRelease", () => {
  it("changes only the formats of messages and items in the current sources", async () => {
    const sources = await readSources(ROOT);
    const next = makeNextRelease(sources);
    const changed = next.filter(({ content }, i) => !content.equals(sources[i]?.content ?? Buffer.of()));
    expect(changed.map(({ path }) => path)).toEqual([
      "lib/ledger/dynamo/item-operations.ts",
      "lib/queue/messages.ts",
    ]);
    const text = changed.map(({ content }) => content.toString()).join();
    expect(text).toContain("MESSAGE_VERSION = 2");
    expect(text).toContain("{ W: 2,");
  });

  it("refuses sources that lack a part that must change", () => {
    const sources = [{ path: "lib/queue/messages.ts", content: Buffer.from("export {};") }];
    expect(() => makeNextRelease(sources)).toThrow('lib/queue/messages.ts no longer contains "const json');
  });
});
