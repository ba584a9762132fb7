import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { parse as parseYaml } from "yaml";
import * as z from "zod";
import { CONFIG_GROUPS, SINGLE_ENTRIES } from "../../../lib/config/assemble-config.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { createCachedSsmConfigSource, readSsmParameters } from "../../../lib/runtime/ssm-config.ts";
import { AwsError } from "../../../local/servers/aws-error.ts";
import { type LocalServer, listenLocally } from "../../../local/servers/local-server.ts";
import { startSsm } from "../../../local/servers/ssm.ts";
import { captured } from "./captured.ts";

const PATH = "/cce-job-notifier/dev";
const LINK_KEY = "9f2c61e07ab84d35c1f09e6a2b7d4853";
/** One page of a response of SSM contains at most ten parameters. */
const NAMES = Array.from({ length: 25 }, (_, i) => `target-${i}`);
const DENIED = new AwsError("AccessDeniedException", "No identity-based policy allows the action.");
const urlOf = (name: string) => `https://hooks.slack.com/services/T0/B0/${name}`;

let folder: string;
let ssm: Awaited<ReturnType<typeof startSsm>>;

/** Each test changes parameters, so each test has its own server. */
beforeEach(async () => {
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
afterEach(async () => {
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

test("readSsmParameters returns the decrypted parameters below the path on all pages, without the path", async () => {
  const client = new SSMClient({ endpoint: ssm.url });
  const entries = await readSsmParameters(client, PATH);
  client.destroy();
  const names = NAMES.flatMap((name) => [`secret/targets/${name}`, `targets/${name}`]);
  expect(entries.map(({ name }) => name).sort()).toEqual([...names, "linkKeys", "settings"].sort());
  const secret = entries.find(({ name }) => name === "secret/targets/target-24");
  expect(JSON.parse(secret?.value ?? "")).toEqual({ url: urlOf("target-24") });
});

const Request = z.object({
  Names: z.array(z.string()).optional(),
  Path: z.string().optional(),
  NextToken: z.string().optional(),
  WithDecryption: z.boolean(),
});
const Reply = z.looseObject({ Parameters: z.array(z.record(z.string(), z.unknown())) });
const Actions = z.union([z.string().transform((action) => [action]), z.array(z.string())]);
const Roles = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Properties: z.object({
        Policies: z.array(
          z.object({
            PolicyDocument: z.object({
              Statement: z.array(z.object({ Action: Actions, Resource: Actions })),
            }),
          }),
        ),
      }),
    }),
  ),
});

/** Returns the SSM requests that the roles of the functions allow, such as `ssm:GetParameters /SERVICE/STAGE/settings`. */
async function readAllowedRequests(): Promise<ReadonlySet<string>> {
  const roles = Roles.parse(parseYaml(await readFile("resources/roles.yml", "utf8"), { logLevel: "error" }));
  const statements = Object.values(roles.Resources)
    .flatMap(({ Properties }) => Properties.Policies)
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const inStage = (resource: string) => resource.replace(/^.*:parameter\/.*\$\{self:provider\.stage\}/, PATH);
  return new Set(
    statements.flatMap(({ Action, Resource }) =>
      Action.flatMap((action) => Resource.map((resource) => `${action} ${inStage(resource)}`)),
    ),
  );
}

describe("a further read of the config", () => {
  const configParser = { parts: [...CONFIG_GROUPS, ...SINGLE_ENTRIES], parse: parseWholeConfig };
  const secret = (name: string) => `secret/targets/${name}`;
  let client: SSMClient;
  let proxy: LocalServer;
  let allowed: ReadonlySet<string>;
  /** The parts and single entries of which the source has asked for decrypted values, once for each page. */
  let decrypted: string[];
  /** Fields that replace the fields of all parameters in the replies. The replies lack an undefined field. */
  let replaced: Readonly<Record<string, unknown>>;
  /** True if the replies contain the parameters of a page in the opposite order. */
  let isReversed: boolean;
  /** Runs before SSM gets a request. If it returns an error, SSM does not get the request. */
  let beforeRequest: (request: z.infer<typeof Request>) => Promise<AwsError | null>;

  beforeAll(async () => {
    allowed = await readAllowedRequests();
  });
  beforeEach(async () => {
    decrypted = [];
    replaced = {};
    isReversed = false;
    beforeRequest = async () => null;
    client = new SSMClient({ endpoint: ssm.url });
    const server = createServer(async (request, response) => {
      const body = await text(request);
      const headers = { "x-amz-target": String(request.headers["x-amz-target"]) };
      const parsed = Request.parse(JSON.parse(body));
      const { Names, Path = "", WithDecryption } = parsed;
      const action = headers["x-amz-target"].replace("AmazonSSM.", "ssm:");
      const resources = Names ?? [Path];
      const isAllowed = resources.every((resource) => allowed.has(`${action} ${resource}`));
      const error = isAllowed ? await beforeRequest(parsed) : DENIED;
      if (error !== null) {
        response.writeHead(error.status, error.headers).end(error.body);
        return;
      }
      if (WithDecryption) decrypted.push(...resources.map((resource) => resource.slice(PATH.length + 1)));
      const reply = Reply.parse(await (await fetch(ssm.url, { method: "POST", headers, body })).json());
      for (const parameter of reply.Parameters) Object.assign(parameter, replaced);
      if (isReversed) reply.Parameters.reverse();
      response.end(JSON.stringify(reply));
    });
    proxy = await listenLocally(server);
    process.env.AWS_ENDPOINT_URL_SSM = proxy.url;
  });
  afterEach(async () => {
    client.destroy();
    await proxy.stop();
  });

  const put = (name: string, value: unknown) =>
    client.send(
      new PutParameterCommand({
        Name: `${PATH}/${name}`,
        Value: JSON.stringify(value),
        Type: "SecureString",
        Overwrite: true,
      }),
    );
  const putUrl = (name: string, url: string) => put(secret(name), { url });
  const remove = (name: string) => client.send(new DeleteParameterCommand({ Name: `${PATH}/${name}` }));

  /** Starts a source that has read the config once. `reread` reads the config again and returns the URLs of the targets. */
  async function startSource() {
    const source = createCachedSsmConfigSource(PATH, configParser);
    await source.current();
    const reread = async () => {
      decrypted = [];
      await source.reload();
      const { targets } = await source.current();
      return new Map(Object.entries(targets).map(([name, { url }]) => [name, url.reveal()]));
    };
    return { source, reread };
  }

  it("decrypts nothing if no parameter has changed, and returns the same config", async () => {
    const { source, reread } = await startSource();
    const before = await source.current();
    expect([...new Set(decrypted)].sort()).toEqual([...CONFIG_GROUPS, ...SINGLE_ENTRIES].sort());
    await reread();
    expect(decrypted).toEqual([]);
    expect(await source.current()).toBe(before);
  });

  it("decrypts nothing if only the order of the parameters in the replies has changed", async () => {
    const { source, reread } = await startSource();
    const before = await source.current();
    isReversed = true;
    await reread();
    expect(decrypted).toEqual([]);
    expect(await source.current()).toBe(before);
  });

  it("returns the same config if the decrypted values have another order", async () => {
    const { source, reread } = await startSource();
    const before = await source.current();
    [isReversed, replaced] = [true, { LastModifiedDate: undefined }];
    await reread();
    expect(decrypted).not.toEqual([]);
    expect(await source.current()).toBe(before);
  });

  it("sends a failed request again after 100 ms, waits twice as long each time, and at most 2 s", async () => {
    let [at, requests] = [0, 0];
    const waits: number[] = [];
    const wait = async (ms: number) => {
      waits.push(ms);
      at += ms;
    };
    beforeRequest = async () => {
      requests += 1;
      return new AwsError("InternalServerError", "InternalServerError", 500);
    };
    const clock = { now: () => at, random: () => 1, wait };
    const lines = await captured(async () => {
      const source = createCachedSsmConfigSource(PATH, configParser, clock);
      await expect(source.current()).rejects.toMatchObject({ name: "ConfigUnreadableError" });
    });
    expect(waits.slice(0, 5)).toEqual([100, 200, 400, 800, 1600]);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2000);
    expect(requests).toBe(waits.length + 1);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "ERROR", message: "config unreadable", path: PATH }),
    );
  });

  it("logs an invalid config", async () => {
    await put("settings", { maxPolls: "many" });
    const lines = await captured(async () => {
      const source = createCachedSsmConfigSource(PATH, configParser);
      await expect(source.current()).rejects.toMatchObject({ name: "ConfigInvalidError" });
    });
    expect(lines).toMatchObject([{ level: "ERROR", message: "config invalid", path: PATH }]);
  });

  it("decrypts all pages of a part with a changed value, and no other part", async () => {
    const { reread } = await startSource();
    // The last page contains target-9.
    await putUrl("target-9", urlOf("changed"));
    const urls = await reread();
    expect(decrypted).toEqual(["secret/targets", "secret/targets", "secret/targets"]);
    expect(urls.get("target-9")).toBe(urlOf("changed"));
    expect(urls.get("target-0")).toBe(urlOf("target-0"));
    expect(await reread()).toEqual(urls);
    expect(decrypted).toEqual([]);
  });

  it("decrypts the single entries if one of them has changed or is removed", async () => {
    const { source, reread } = await startSource();
    await put("settings", { maxPolls: 9 });
    await reread();
    expect(decrypted.sort()).toEqual([...SINGLE_ENTRIES].sort());
    expect((await source.current()).settings.maxPolls).toBe(9);
    await remove("linkKeys");
    await reread();
    expect((await source.current()).settings.linkKeys).toEqual([]);
    await reread();
    expect(decrypted).toEqual([]);
  });

  it("has new entries, and no removed entries, also after a change of a name", async () => {
    const { reread } = await startSource();
    await putUrl("renamed", urlOf("target-4"));
    await put("targets/renamed", { kind: "slack" });
    await remove("targets/target-4");
    await remove(secret("target-4"));
    const urls = await reread();
    expect(urls.get("renamed")).toBe(urlOf("target-4"));
    expect(urls.has("target-4")).toBe(false);
    expect(urls.size).toBe(NAMES.length);
    expect([...new Set(decrypted)].sort()).toEqual(["secret/targets", "targets"]);
  });

  it("decrypts a parameter that was deleted and created again, although its version is 1 again", async () => {
    const { reread } = await startSource();
    await remove(secret("target-5"));
    expect(await putUrl("target-5", urlOf("again"))).toMatchObject({ Version: 1 });
    expect((await reread()).get("target-5")).toBe(urlOf("again"));
  });

  it("finds a change of a version alone", async () => {
    replaced = { LastModifiedDate: 0 };
    const { reread } = await startSource();
    await putUrl("target-6", urlOf("new-version"));
    expect((await reread()).get("target-6")).toBe(urlOf("new-version"));
  });

  it("finds a change of a name alone", async () => {
    replaced = { LastModifiedDate: 0, Version: 1 };
    const { reread } = await startSource();
    await put("targets/target-6b", { kind: "slack" });
    await putUrl("target-6b", urlOf("renamed"));
    await remove("targets/target-6");
    await remove(secret("target-6"));
    const urls = await reread();
    expect(urls.get("target-6b")).toBe(urlOf("renamed"));
    expect(urls.has("target-6")).toBe(false);
    expect(urls.size).toBe(NAMES.length);
  });

  it("has a change that is written between the list and the decryption", async () => {
    const { reread } = await startSource();
    await putUrl("target-1", urlOf("first-change"));
    beforeRequest = async ({ Path, NextToken, WithDecryption }) => {
      if (WithDecryption && Path?.endsWith("secret/targets") && NextToken === undefined) {
        await putUrl("target-1", urlOf("second-change"));
        await putUrl("target-2", urlOf("other-change"));
      }
      return null;
    };
    const urls = await reread();
    expect(urls.get("target-1")).toBe(urlOf("second-change"));
    expect(urls.get("target-2")).toBe(urlOf("other-change"));
    beforeRequest = async () => null;
    expect(await reread()).toEqual(urls);
    expect(decrypted).toEqual([]);
  });

  it("finds a change later that is written to a page while the next page is listed", async () => {
    const { reread } = await startSource();
    const urlsBefore = await reread();
    beforeRequest = async ({ Path, NextToken }) => {
      if (Path?.endsWith("secret/targets") && NextToken !== undefined) {
        beforeRequest = async () => null;
        // The first page contains target-0.
        await putUrl("target-0", urlOf("late-change"));
      }
      return null;
    };
    expect(await reread()).toEqual(urlsBefore);
    expect((await reread()).get("target-0")).toBe(urlOf("late-change"));
  });

  const READS = [
    ["the list", false, undefined],
    ["the second page of the list", false, "10"],
    ["the decryption", true, undefined],
    ["the second page of the decryption", true, "10"],
  ] as const;

  it.each(READS)("keeps the config if %s fails, and has the change after the next read", async (...read) => {
    const [, isDecrypted, token] = read;
    const { source, reread } = await startSource();
    const before = await reread();
    const url = urlOf(`after-failure-${isDecrypted}-${token}`);
    await putUrl("target-7", url);
    beforeRequest = async ({ Path, NextToken, WithDecryption }) =>
      Path?.endsWith("secret/targets") && NextToken === token && WithDecryption === isDecrypted
        ? DENIED
        : null;
    const lines = await captured(async () => {
      expect(await reread()).toEqual(before);
      await expect(source.check()).rejects.toMatchObject({ name: "ConfigUnreadableError" });
    });
    expect(lines).toMatchObject([{ level: "ERROR", message: "config unreadable" }]);
    expect(JSON.stringify(lines)).not.toContain("hooks.slack.com");
    beforeRequest = async () => null;
    expect((await reread()).get("target-7")).toBe(url);
    await source.check();
  });

  it.each(READS)("repeats a request after a server error at %s", async (...read) => {
    const [, isDecrypted, token] = read;
    const { source, reread } = await startSource();
    const url = urlOf(`after-error-${isDecrypted}-${token}`);
    await putUrl("target-8", url);
    let failures = 0;
    beforeRequest = async ({ Path, NextToken, WithDecryption }) => {
      const isRead =
        Path?.endsWith("secret/targets") && NextToken === token && WithDecryption === isDecrypted;
      if (!isRead || failures > 0) return null;
      failures += 1;
      return new AwsError("InternalServerError", "InternalServerError", 500);
    };
    expect((await reread()).get("target-8")).toBe(url);
    expect(failures).toBe(1);
    await source.check();
  });

  it.each(["Version", "LastModifiedDate"])("decrypts all parameters without a %s", async (field) => {
    replaced = { [field]: undefined };
    const { reread } = await startSource();
    const urls = await reread();
    // Parts without parameters have no versions, and are not decrypted again.
    expect([...new Set(decrypted)].sort()).toEqual(["secret/targets", "targets", ...SINGLE_ENTRIES].sort());
    expect(urls.get("target-3")).toBe(urlOf("target-3"));
  });
});
