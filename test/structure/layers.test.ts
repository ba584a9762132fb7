import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

/** Runs the structure check of `npm test` on a small service that breaks every rule once. */
function violations(): string[] {
  const command = resolve("node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const { stdout } = spawnSync(
    process.execPath,
    [command, "lib", "functions", "--config", resolve(".dependency-cruiser.cjs"), "--output-type", "err"],
    { cwd: resolve("test/fixtures/layers"), encoding: "utf8" },
  );
  return stdout
    .split("\n")
    .filter((line) => line.includes("error "))
    .map((line) => line.trim());
}

describe("the structure check", () => {
  const found = violations();

  it.each([
    [
      "a type import from a higher layer",
      "layer-domain-imports-no-higher-layer: lib/domain/job.ts → lib/config/target.ts",
    ],
    [
      "an import from a function",
      "layer-config-imports-no-higher-layer: lib/config/target.ts → functions/poll/handler.ts",
    ],
    ["a folder that is no layer", "lib-holds-layers-alone: lib/misc/helper.ts → lib/http/exchange.ts"],
    ["a circle", "no-circles: lib/config/"],
    [
      "a channel that imports another",
      "channel-slack-imports-no-other-channel: lib/channels/slack/message.ts → lib/channels/webhook/signature.ts",
    ],
    [
      "a function that imports another",
      "function-poll-imports-no-other-function: functions/poll/handler.ts → functions/notify/handler.ts",
    ],
    [
      "shared code that imports a function",
      "functions-shared-imports-no-function: functions/shared/messages.ts → functions/notify/handler.ts",
    ],
    ["a module of Node in the domain", "pure-code-needs-no-module-of-node: lib/domain/job.ts → fs"],
    [
      "a module of Node in a message",
      "pure-code-needs-no-module-of-node: lib/channels/slack/message.ts → dns",
    ],
    ["HTTP in the schedule", "pure-code-needs-no-system: lib/schedule/delay.ts → lib/http/exchange.ts"],
    ["HTTP in a message", "pure-code-needs-no-system: lib/channels/slack/message.ts → lib/http/exchange.ts"],
    ["a tool in the product", "the-product-never-imports-tools: lib/misc/helper.ts → local/start.ts"],
    ["all of zod", "the-product-takes-zod-mini: lib/config/target.ts → "],
  ])("finds %s", (_, violation) => {
    expect(found).toContainEqual(expect.stringContaining(violation));
  });

  it("accepts a hash in the domain and a file that breaks no rule", () => {
    expect(found.filter((line) => /crypto|cce\/reply\.ts/.test(line))).toEqual([]);
  });
});
