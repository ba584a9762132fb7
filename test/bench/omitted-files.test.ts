import { existsSync } from "node:fs";
import { resolve } from "node:path";
import plugins, { OMITTED_FILES } from "../../esbuild-plugins.ts";
import { runBundled } from "./run-bundled.ts";

test("every omitted file exists in node_modules", () => {
  const missing = OMITTED_FILES.filter(({ file }) => !existsSync(resolve("node_modules", file)));
  expect(missing).toEqual([]);
});

/** Imports Node modules as the product and the SDK do. Prints whether they work, and which costly modules they load. */
const IMPORTS = `
  import { getRandomValues, createHash } from "node:crypto";
  import { lookup } from "node:dns";
  import { existsSync } from "node:fs";
  import { request } from "node:http";
  import https, { Agent } from "node:https";
  import * as timers from "node:timers/promises";
  import { deflateRawSync, inflateRawSync } from "node:zlib";
  const loaded = [
    "undici/undici", "internal/crypto/webcrypto", "internal/fs/promises", "internal/readline/interface", " dns", " zlib",
  ]
    .filter((name) => process.moduleLoadList.some((loadedName) => loadedName.endsWith(name)));
  const later = await import("node:http");
  const whole = [request, createHash, existsSync, Agent, https.request, later.request, (later.default ?? later).Agent]
    .every((one) => typeof one === "function");
  await timers.setTimeout(1);
  const address = await new Promise((resolve) => lookup("127.0.0.1", (_, found) => resolve(found)));
  const text = inflateRawSync(deflateRawSync("text")).toString();
  const random = getRandomValues(new Uint8Array(16)).some((byte) => byte !== 0);
  console.log(JSON.stringify({ whole, random, address, text, loaded }));`;
const WORKING = { whole: true, random: true, address: "127.0.0.1", text: "text" };

test("imports of Node modules in a package load no costly modules", async () => {
  expect(await runBundled(IMPORTS, plugins)).toEqual({ ...WORKING, loaded: [] });
});

test("without the plugins, imports of Node modules load costly modules", async () => {
  expect(await runBundled(IMPORTS, [])).toEqual({
    ...WORKING,
    loaded: [
      "undici/undici",
      "internal/crypto/webcrypto",
      "internal/fs/promises",
      "internal/readline/interface",
      " dns",
      " zlib",
    ],
  });
});

/** Sends a request as the product does. Prints whether the length of the body is right, and which modules are loaded. */
const REQUEST = `
  import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
  const lengths = [];
  const handle = async ({ headers, body }) => {
    lengths.push([Number(headers["content-length"]), Buffer.byteLength(body)]);
    return { response: { statusCode: 200, headers: {}, body: Buffer.from("{}") } };
  };
  const credentials = { accessKeyId: "AK", secretAccessKey: "SK" };
  const client = new DynamoDBClient({ region: "eu-central-1", credentials, requestHandler: { handle } });
  await client.send(new GetItemCommand({ TableName: "t", Key: { pk: { S: "é" } } }));
  const loaded = ["internal/fs/promises", "internal/fs/streams"]
    .filter((name) => process.moduleLoadList.some((loadedName) => loadedName.endsWith(name)));
  console.log(JSON.stringify({ hasLength: lengths.length === 1 && lengths[0][0] === lengths[0][1], loaded }));`;

test("a request to AWS in a package loads no modules that read files", async () => {
  expect(await runBundled(REQUEST, plugins)).toEqual({ hasLength: true, loaded: [] });
});

test("without the plugins, a request to AWS loads modules that read files", async () => {
  expect(await runBundled(REQUEST, [])).toEqual({
    hasLength: true,
    loaded: ["internal/fs/promises", "internal/fs/streams"],
  });
});

const LENGTHS = `
  import { calculateBodyLength } from "@smithy/core/serde";
  const lengths = [undefined, "", "é", new Uint8Array(3)].map(calculateBodyLength);
  let error = null;
  try { calculateBodyLength({ pipe() {} }); } catch ({ message }) { error = message; }
  console.log(JSON.stringify({ lengths, error }));`;

test("in a package, the length of a request's body is in bytes, and a stream is refused", async () => {
  const error = "The body of a request to AWS must be a string or bytes";
  expect(await runBundled(LENGTHS, plugins)).toEqual({ lengths: [0, 0, 2, 3], error });
});
