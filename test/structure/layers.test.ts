import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const DEPENDENCY_CRUISER = resolve("node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
const CONFIG = resolve(".dependency-cruiser.cjs");

function runStructureCheck(root: string, folders: readonly string[], outputType: string) {
  return spawnSync(
    process.execPath,
    [DEPENDENCY_CRUISER, ...folders, "--config", CONFIG, "--output-type", outputType],
    { cwd: resolve(root), encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
}

/** The folders that `npm run structure` checks. */
function checkedFolders(): string[] {
  const command: string = JSON.parse(readFileSync("package.json", "utf8")).scripts.structure;
  return command.split(" --config")[0]?.split(" ").slice(1) ?? [];
}

describe("the structure check", () => {
  const { stdout, stderr } = runStructureCheck("test/fixtures/layers", ["lib", "functions"], "err");
  const found = stdout
    .split("\n")
    .filter((line) => line.includes("error "))
    .map((line) => line.trim());

  it.each([
    [
      "a type import from a higher layer",
      "layer-domain-imports-no-higher-layer: lib/domain/job.ts → lib/config/target.ts",
    ],
    [
      "an import of a function by a layer",
      "layer-config-imports-no-higher-layer: lib/config/target.ts → functions/poll/handler.ts",
    ],
    [
      "a folder of lib that is not a layer",
      "lib-has-only-layers: lib/misc/helper.ts → lib/http/send-http-request.ts",
    ],
    ["a circular import", "no-circular-import: lib/config/"],
    [
      "a channel that imports another",
      "channel-imports-no-other-channel: lib/channels/slack/message.ts → lib/channels/webhook/channel.ts",
    ],
    [
      "a function that imports another",
      "function-poll-imports-no-other-function: functions/poll/handler.ts → functions/notify/handler.ts",
    ],
    [
      "an import by a function that was added later",
      "function-discover-imports-no-other-function: functions/discover/handler.ts → functions/notify/handler.ts",
    ],
    [
      "shared code that imports a function",
      "functions-shared-imports-no-function: functions/shared/messages.ts → functions/notify/handler.ts",
    ],
    ["a Node module in the domain", "pure-code-imports-no-node-module: lib/domain/job.ts → fs"],
    ["a Node module in a message", "pure-code-imports-no-node-module: lib/channels/slack/message.ts → dns"],
    [
      "HTTP in the schedule",
      "pure-code-imports-no-http: lib/schedule/delay.ts → lib/http/send-http-request.ts",
    ],
    [
      "HTTP in a message",
      "pure-code-imports-no-http: lib/channels/slack/message.ts → lib/http/send-http-request.ts",
    ],
    ["an import of a tool by the product", "product-imports-no-tool: lib/misc/helper.ts → local/start.ts"],
    ["the full build of zod", "product-imports-zod-mini: lib/config/target.ts → "],
  ])("finds %s", (_, violation) => {
    expect(found).toContainEqual(expect.stringContaining(violation));
  });

  it("accepts a hash in the domain and a file that breaks no rule", () => {
    expect(found.filter((line) => /crypto|cce\/reply\.ts/.test(line))).toEqual([]);
  });

  it("prints no warning about missed sources", () => {
    expect(`${stdout}${stderr}`).not.toMatch(/missing|missed|typescript/i);
  });

  it("sees every source file below the checked folders", () => {
    const folders = checkedFolders();
    const { modules } = JSON.parse(runStructureCheck(".", folders, "json").stdout);
    const cruised = new Set(modules.map(({ source }: { source: string }) => source));
    const sources = execFileSync("git", ["ls-files", "-co", "--exclude-standard", ...folders], {
      encoding: "utf8",
    }).split("\n");

    expect(folders).toContain("functions");
    expect(
      sources.filter((file) => /\.m?ts$|\.mjs$/.test(file) && existsSync(file) && !cruised.has(file)),
    ).toEqual([]);
  });
});
