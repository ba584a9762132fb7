import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import * as z from "zod";
import { CONFIG_GROUPS, SINGLE_ENTRIES } from "../../../lib/config/assemble-config.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { createCachedSsmConfigSource } from "../../../lib/runtime/ssm-config.ts";
import { type LocalServer, listenLocally } from "../../../local/servers/local-server.ts";
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
  // Each request is a second later, so that no request exceeds the rates of Parameter Store.
  let seconds = 0;
  const now = () => 1000 * seconds++;
  ssm = await startSsm({ configFile, path: PATH, region: "eu-central-1", now });
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

const Request = z.object({
  Names: z.array(z.string()).optional(),
  Path: z.string().optional(),
  WithDecryption: z.boolean(),
});
const Reply = z.looseObject({ Parameters: z.array(z.record(z.string(), z.unknown())) });

describe("a further read of the config", () => {
  const configParser = { parts: [...CONFIG_GROUPS, ...SINGLE_ENTRIES], parse: parseWholeConfig };
  const secret = (name: string) => `${PATH}/secret/targets/${name}`;
  let client: SSMClient;
  let proxy: LocalServer;
  /** The names and paths that the source has asked for with decrypted values. */
  let decrypted: string[];
  /** A field that the replies lack. */
  let omitted: string | null;

  beforeAll(async () => {
    client = new SSMClient({ endpoint: ssm.url });
    const server = createServer(async (request, response) => {
      const body = await text(request);
      const { Names, Path = "", WithDecryption } = Request.parse(JSON.parse(body));
      if (WithDecryption) decrypted.push(...(Names ?? [Path]));
      const headers = { "x-amz-target": String(request.headers["x-amz-target"]) };
      const reply = Reply.parse(await (await fetch(ssm.url, { method: "POST", headers, body })).json());
      if (omitted !== null) for (const parameter of reply.Parameters) delete parameter[omitted];
      response.end(JSON.stringify(reply));
    });
    proxy = await listenLocally(server);
    process.env.AWS_ENDPOINT_URL_SSM = proxy.url;
  });
  beforeEach(() => {
    decrypted = [];
    omitted = null;
  });
  afterAll(async () => {
    process.env.AWS_ENDPOINT_URL_SSM = ssm.url;
    client.destroy();
    await proxy.stop();
  });

  const put = (name: string, url: string) =>
    client.send(
      new PutParameterCommand({
        Name: secret(name),
        Value: JSON.stringify({ url }),
        Type: "SecureString",
        Overwrite: true,
      }),
    );
  const remove = (Name: string) => client.send(new DeleteParameterCommand({ Name }));

  /** Starts a source that has read the config once. Each call of the result reads it again and returns the URLs. */
  async function startSource() {
    const source = createCachedSsmConfigSource(PATH, configParser);
    await source.current();
    return async () => {
      decrypted = [];
      await source.reload();
      const { targets } = await source.current();
      return new Map(Object.entries(targets).map(([name, { url }]) => [name, url.reveal()]));
    };
  }

  it("decrypts nothing if no parameter has changed, and returns the same config", async () => {
    const reread = await startSource();
    expect(decrypted.length).toBeGreaterThan(3);
    expect([...(await reread())].sort()).toEqual(NAMES.toSorted().map((name) => [name, urlOf(name)]));
    expect(decrypted).toEqual([]);
  });

  it("decrypts only changed and new parameters, and omits deleted parameters", async () => {
    await remove(secret("target-6"));
    await remove(`${PATH}/targets/target-6`);
    const reread = await startSource();
    await put("target-3", urlOf("other"));
    await put("target-6", urlOf("new"));
    const Value = JSON.stringify({ kind: "slack" });
    await client.send(
      new PutParameterCommand({ Name: `${PATH}/targets/target-6`, Value, Type: "SecureString" }),
    );
    await remove(secret("target-4"));
    await remove(`${PATH}/targets/target-4`);
    const urls = await reread();
    expect(decrypted.sort()).toEqual([secret("target-3"), secret("target-6"), `${PATH}/targets/target-6`]);
    expect(urls.get("target-3")).toBe(urlOf("other"));
    expect(urls.get("target-6")).toBe(urlOf("new"));
    expect(urls.has("target-4")).toBe(false);
    expect(await reread()).toEqual(urls);
    expect(decrypted).toEqual([]);
  });

  it("decrypts more than ten changed parameters in several requests", async () => {
    const reread = await startSource();
    const names = NAMES.slice(10, 23);
    for (const name of names) await put(name, urlOf(`${name}-changed`));
    const urls = await reread();
    expect(decrypted.sort()).toEqual(names.map(secret).sort());
    for (const name of names) expect(urls.get(name)).toBe(urlOf(`${name}-changed`));
  });

  it("decrypts a parameter that was deleted and created again, although its version is 1 again", async () => {
    const reread = await startSource();
    await remove(secret("target-5"));
    expect(await put("target-5", urlOf("again"))).toMatchObject({ Version: 1 });
    expect((await reread()).get("target-5")).toBe(urlOf("again"));
    expect(decrypted).toEqual([secret("target-5")]);
  });

  it.each(["Version", "LastModifiedDate"])(
    "decrypts all parameters if the server writes no %s",
    async (field) => {
      omitted = field;
      const reread = await startSource();
      expect((await reread()).get("target-1")).toBe(urlOf("target-1"));
      expect(decrypted.length).toBeGreaterThan(2 * (NAMES.length - 1));
    },
  );
});
