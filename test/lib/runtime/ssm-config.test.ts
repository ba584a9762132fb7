import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONFIG_GROUPS, SINGLE_ENTRIES } from "../../../lib/config/assemble-config.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { createCachedSsmConfigSource } from "../../../lib/runtime/ssm-config.ts";
import { startSsm } from "../../../local/servers/ssm.ts";

const PATH = "/cce-job-notifier/dev";
const LINK_KEY = "9f2c61e07ab84d35c1f09e6a2b7d4853";
/** One page of a response of SSM contains at most ten parameters. */
const NAMES = Array.from({ length: 25 }, (_, i) => `target-${i}`);
const urlOf = (name: string) => `https://hooks.slack.com/services/T0/B0/${name}`;

let folder: string;
let ssm: Awaited<ReturnType<typeof startSsm>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ssm-config-"));
  const configFile = join(folder, "config.json");
  const targets = Object.fromEntries(NAMES.map((name) => [name, { kind: "slack", url: urlOf(name) }]));
  const settings = { maxPolls: 7, linkKeys: [LINK_KEY] };
  await writeFile(configFile, JSON.stringify({ targets, settings }));
  ssm = await startSsm({ configFile, path: PATH, region: "eu-central-1" });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SSM: ssm.url,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "y",
  });
});
afterAll(async () => {
  await ssm.stop();
  await rm(folder, { recursive: true });
});

test("the config from SSM contains the parameters of all pages, decrypted", async () => {
  const configParser = { parts: [...CONFIG_GROUPS, ...SINGLE_ENTRIES], parse: parseWholeConfig };
  const { targets, settings } = await createCachedSsmConfigSource(PATH, configParser).current();
  const urls = Object.entries(targets).map(([name, { url }]) => [name, url.reveal()]);
  expect(Object.fromEntries(urls)).toEqual(Object.fromEntries(NAMES.map((name) => [name, urlOf(name)])));
  expect(settings.maxPolls).toBe(7);
  expect(settings.linkKeys.map((key) => key.reveal())).toEqual([LINK_KEY]);
});
