import { readdirSync, readFileSync } from "node:fs";
import { CHANNELS } from "../../../lib/channels/registry.ts";
import { KINDS } from "./samples.ts";

const ROLES = ["target.ts", "message.ts", "verdict.ts"];
const OPTIONAL_ROLES = ["signature.ts", "event.ts"];

/** The folders of the channels, except the folder that all chats share. */
const folders = readdirSync("lib/channels", { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "chat")
  .map(({ name }) => name);

it("the registry lists exactly the channels that have a folder and a target schema", () => {
  expect(Object.keys(CHANNELS).sort()).toEqual(folders.sort());
  expect([...KINDS].sort()).toEqual(folders.sort());
});

describe.each(KINDS)("the channel %s", (kind) => {
  it("has one file per role", () => {
    const files = readdirSync(`lib/channels/${kind}`);
    expect(files).toEqual(expect.arrayContaining(ROLES));
    expect(files.filter((file) => ![...ROLES, ...OPTIONAL_ROLES].includes(file))).toEqual([]);
  });

  it("implements the whole interface", () => {
    expect(CHANNELS[kind]).toEqual({
      rateLimit: kind === "webhook" ? null : { messages: expect.any(Number), windowMs: expect.any(Number) },
      format: expect.any(Function),
      buildRequest: expect.any(Function),
      verdictOf: expect.any(Function),
      secretsOf: expect.any(Function),
    });
  });
});

it("no product code except the target schemas quotes the kind of a chat", () => {
  const files = ["functions", "lib"].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".generated.ts"))
      .map((file) => `${root}/${file}`),
  );
  const quoted = new RegExp(`"(${KINDS.filter((kind) => kind !== "webhook").join("|")})"`);
  const naming = files.filter((file) => quoted.test(readFileSync(file, "utf8")));
  expect(naming.filter((file) => !/^lib\/channels\/[a-z]+\/target\.ts$/.test(file))).toEqual([]);
  expect(naming).toHaveLength(KINDS.length - 1);
});
