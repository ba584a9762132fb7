import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  paginateGetParametersByPath,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { AwsError } from "../../../local/servers/aws-error.ts";
import { startSsm } from "../../../local/servers/ssm.ts";

const PATH = "/service/dev";

let folder: string;
let configFile: string;
let server: Awaited<ReturnType<typeof startSsm>>;
let ssm: SSMClient;
const clock = { now: 0 };
let planned: AwsError | null = null;

beforeEach(async () => {
  clock.now += 1000;
  planned = null;
  folder = await mkdtemp(join(tmpdir(), "ssm-test-"));
  configFile = join(folder, "config.json");
  server = await startSsm({
    configFile,
    path: PATH,
    region: "eu-central-1",
    now: () => clock.now,
    fault: () => planned,
  });
  ssm = new SSMClient({
    endpoint: server.url,
    region: "eu-central-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
});
afterEach(async () => {
  ssm.destroy();
  await server.stop();
  await rm(folder, { recursive: true });
});

const put = (input: Partial<PutParameterCommandInput>) =>
  ssm.send(
    new PutParameterCommand({ Name: `${PATH}/targets/a`, Value: "1", Type: "SecureString", ...input }),
  );

const configure = (document: unknown) => writeFile(configFile, JSON.stringify(document));

async function pages(asked: { Path?: string; Recursive?: boolean; WithDecryption?: boolean } = {}) {
  const found: Record<string, unknown>[] = [];
  const all = { Path: PATH, Recursive: true, WithDecryption: true, ...asked };
  for await (const page of paginateGetParametersByPath({ client: ssm }, all))
    found.push(Object.fromEntries((page.Parameters ?? []).map(({ Name, Value }) => [Name, Value])));
  return found;
}

describe("the embedded Parameter Store", () => {
  it("counts the versions of a parameter, and begins again after a deletion", async () => {
    const find = async () => {
      clock.now += 1000;
      const { Parameters = [] } = await ssm.send(
        new GetParametersByPathCommand({ Path: PATH, Recursive: true }),
      );
      return Parameters.map(({ Name, Version }) => [Name, Version]);
    };
    const settings = `${PATH}/settings`;
    const target = `${PATH}/targets/a`;
    await configure({ settings: { maxPolls: 7 } });
    expect(await find()).toEqual([[settings, 1]]);
    await configure({ settings: { maxPolls: 8 } });
    await put({});
    await put({ Overwrite: true });
    expect(await find()).toEqual([
      [settings, 2],
      [target, 2],
    ]);
    await ssm.send(new DeleteParameterCommand({ Name: target }));
    await put({});
    const [before, after] = [Date.now() - 60_000, Date.now() + 1000];
    const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names: [target] }));
    expect(Parameters).toMatchObject([{ Version: 1 }]);
    const stored = Parameters[0]?.LastModifiedDate?.getTime() ?? 0;
    expect(stored > before && stored < after).toBe(true);
  });

  it("answers only requests with its access key ID if it has one", async () => {
    const path = PATH;
    const locked = await startSsm({ configFile, path, region: "eu-central-1", accessKeyId: "the-key" });
    await configure({});
    const read = (accessKeyId: string) => {
      const credentials = { accessKeyId, secretAccessKey: "any" };
      const client = new SSMClient({
        endpoint: locked.url,
        region: "eu-central-1",
        credentials,
        maxAttempts: 1,
      });
      return client.send(new GetParametersByPathCommand({ Path: path })).finally(() => client.destroy());
    };
    expect(await read("the-key")).toMatchObject({ Parameters: [] });
    await expect(read("embedded")).rejects.toMatchObject({ name: "UnrecognizedClientException" });
    const unsigned = await fetch(locked.url, {
      method: "POST",
      headers: { "x-amz-target": "AmazonSSM.GetParametersByPath" },
      body: JSON.stringify({ Path: path }),
    });
    expect(unsigned.status).toBe(400);
    await locked.stop();
  });

  it("returns every entry of the config as JSON, with names below the path", async () => {
    await configure({
      projects: { prod: { region: "eu-de" } },
      targets: { deploys: { kind: "slack" } },
      tokens: { gitlab: { sha256: "0" } },
      oidc: [{ issuer: "https://one" }, { issuer: "https://two" }],
      settings: { deadlineMinutes: 5 },
    });
    expect(await pages()).toEqual([
      {
        "/service/dev/oidc/0": '{"issuer":"https://one"}',
        "/service/dev/oidc/1": '{"issuer":"https://two"}',
        "/service/dev/projects/prod": '{"region":"eu-de"}',
        "/service/dev/settings": '{"deadlineMinutes":5}',
        "/service/dev/targets/deploys": '{"kind":"slack"}',
        "/service/dev/tokens/gitlab": '{"sha256":"0"}',
      },
    ]);
  });

  it("returns ten parameters per page", async () => {
    const targets = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`t${i}`, i]));
    await configure({ targets });
    const found = await pages();
    expect(found.map((page) => Object.keys(page).length)).toEqual([10, 10, 5]);
    expect(new Set(found.flatMap((page) => Object.keys(page))).size).toBe(25);
  });

  it("reads the file again for every request", async () => {
    await configure({ settings: { a: 1 } });
    await pages();
    await configure({ settings: { a: 2 } });
    expect(await pages()).toEqual([{ "/service/dev/settings": '{"a":2}' }]);
  });

  it("returns decrypted values and entries of deeper levels only on request", async () => {
    await configure({ projects: { prod: { secretKey: "hush" } }, settings: {} });
    expect(JSON.stringify(await pages({ WithDecryption: false }))).not.toContain("hush");
    expect(await pages({ Recursive: false })).toEqual([{ "/service/dev/settings": "{}" }]);
    expect(await pages({ Path: "/service/prod" })).toEqual([{}]);
  });

  it("returns parameters by their names, and the names that do not exist", async () => {
    await configure({ projects: { prod: { secretKey: "hush" } }, settings: { a: 1 } });
    const Names = ["settings", "secret/projects/prod", "linkKeys"].map((name) => `${PATH}/${name}`);
    const read = (WithDecryption: boolean) => ssm.send(new GetParametersCommand({ Names, WithDecryption }));
    const { Parameters = [], InvalidParameters } = await read(true);
    expect(Parameters.map(({ Name, Value }) => [Name, Value])).toEqual([
      [Names[0], '{"a":1}'],
      [Names[1], '{"secretKey":"hush"}'],
    ]);
    expect(InvalidParameters).toEqual([Names[2]]);
    expect(JSON.stringify(await read(false))).not.toContain("hush");
  });

  it("refuses other operations", async () => {
    const command = new GetParameterCommand({ Name: "/service/dev/settings" });
    await expect(ssm.send(command)).rejects.toThrow("UnknownOperationException");
  });

  it("returns a server error while the file cannot be read", async () => {
    await writeFile(configFile, "{ half of");
    await expect(pages()).rejects.toThrow("InternalServerError");
  });

  it("keeps written and deleted parameters in memory, without a change of the file", async () => {
    await configure({ settings: { a: 1 } });
    await put({ Name: `${PATH}/settings`, Value: '{"a":2}', Overwrite: true });
    await put({ Name: `${PATH}/targets/b`, Value: "3" });
    expect(await pages()).toEqual([{ "/service/dev/settings": '{"a":2}', "/service/dev/targets/b": "3" }]);
    await ssm.send(new DeleteParameterCommand({ Name: `${PATH}/targets/b` }));
    expect(await pages()).toEqual([{ "/service/dev/settings": '{"a":2}' }]);
  });

  it.each([
    ["ValidationException", { Value: "x".repeat(4097) }],
    ["ValidationException", { Value: "x".repeat(8193), Tier: "Advanced" as const }],
    ["ValidationException", { Value: "é".repeat(4097), Tier: "Intelligent-Tiering" as const }],
    ["ValidationException", { Value: '{"url":"https://x/{{id","b":{"c":{}}}' }],
    ["ValidationException", { Name: `${PATH}/targets/a b` }],
    ["ValidationException", { Name: "/aws/a" }],
    ["ValidationException", { Name: "Ssm-a" }],
    ["ValidationException", { Name: `${PATH}/${"a".repeat(1000)}` }],
    ["HierarchyLevelLimitExceededException", { Name: "/a".repeat(16) }],
    ["ParameterAlreadyExists", { Name: `${PATH}/settings` }],
  ])("refuses, with the error %s, the parameter %j", async (name, input) => {
    await configure({ settings: {} });
    await expect(put(input)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });

  it.each([
    [{ Value: "x".repeat(4096) }],
    [{ Value: "x".repeat(8192), Tier: "Intelligent-Tiering" as const }],
    [{ Value: '{"a":{"b":{}}}' }],
    [{ Name: "/a".repeat(15) }],
  ])("stores a parameter that is just within the limits: %.60j", async (input) => {
    await put({ Overwrite: true, ...input });
  });

  it("answers a deleted parameter with ParameterNotFound", async () => {
    await configure({});
    await expect(ssm.send(new DeleteParameterCommand({ Name: "/none" }))).rejects.toThrow(
      expect.objectContaining({ name: "ParameterNotFound" }),
    );
  });

  it("throttles the fourth write and the 41st read of a second, of every operation, with separate limits for writes and reads", async () => {
    await configure({});
    const throttled = { name: "ThrottlingException", message: "Rate exceeded" };
    const remove = () => ssm.send(new DeleteParameterCommand({ Name: `${PATH}/settings` }));
    await put({ Name: `${PATH}/settings` });
    await remove();
    await put({ Overwrite: true });
    await expect(put({ Overwrite: true })).rejects.toMatchObject(throttled);
    await expect(remove()).rejects.toMatchObject(throttled);
    const read = () => ssm.send(new GetParametersByPathCommand({ Path: PATH }));
    const readNames = () => ssm.send(new GetParametersCommand({ Names: [`${PATH}/settings`] }));
    for (let i = 0; i < 20; i += 1) await Promise.all([read(), readNames()]);
    await expect(read()).rejects.toMatchObject(throttled);
    await expect(readNames()).rejects.toMatchObject(throttled);
    clock.now += 999;
    await expect(put({ Overwrite: true })).rejects.toMatchObject(throttled);
    clock.now += 1;
    await put({ Overwrite: true });
    await read();
  });

  it("sends a planned error with the name of the error", async () => {
    planned = new AwsError("TooManyUpdates", "There are concurrent updates.");
    await expect(put({})).rejects.toMatchObject({ name: "TooManyUpdates" });
  });
});
