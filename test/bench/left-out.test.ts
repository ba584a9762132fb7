import { existsSync } from "node:fs";
import { resolve } from "node:path";
import leaveOut, { LEFT_OUT } from "../../esbuild.plugins.mjs";
import { runBundled } from "./run-bundled.ts";

test("every file that the packages leave out is still there under its name", () => {
  const missing = LEFT_OUT.filter(({ file }) => !existsSync(resolve("node_modules", file)));
  expect(missing).toEqual([]);
});

/** As this product and the SDK import Node's modules. Prints whether they are whole, and what of Node they have loaded. */
const IMPORTS = `
  import { getRandomValues, createHash } from "node:crypto";
  import { existsSync } from "node:fs";
  import { request } from "node:http";
  import https, { Agent } from "node:https";
  import * as timers from "node:timers/promises";
  const loaded = ["undici/undici", "internal/crypto/webcrypto", "internal/fs/promises", "internal/readline/interface"]
    .filter((name) => process.moduleLoadList.some((one) => one.endsWith(name)));
  const later = await import("node:http");
  const whole = [request, createHash, existsSync, Agent, https.request, later.request, (later.default ?? later).Agent]
    .every((one) => typeof one === "function");
  await timers.setTimeout(1);
  const random = getRandomValues(new Uint8Array(16)).some((byte) => byte !== 0);
  console.log(JSON.stringify({ whole, random, loaded }));`;

test("packaged, an import of Node's modules loads no more of Node than is used", async () => {
  expect(await runBundled(IMPORTS, leaveOut)).toEqual({ whole: true, random: true, loaded: [] });
});

test("as they come, they do, or all this would be for nothing", async () => {
  expect(await runBundled(IMPORTS, [])).toEqual({
    whole: true,
    random: true,
    loaded: [
      "undici/undici",
      "internal/crypto/webcrypto",
      "internal/fs/promises",
      "internal/readline/interface",
    ],
  });
});

/** Whether the number of a request, and the length of its body, are what the SDK itself would have made of them. */
const REQUEST = `
  import { calculateBodyLength, v4 } from "@smithy/core/serde";
  const bodies = ["é", new Uint8Array(3), Buffer.from("four"), "", undefined];
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  console.log(JSON.stringify([...bodies.map(calculateBodyLength), uuid.test(v4()), v4() !== v4()]));`;

test.each([
  ["comes", []],
  ["is packaged", leaveOut],
])("a request's number and length by the SDK as it %s", async (_, plugins) => {
  expect(await runBundled(REQUEST, plugins)).toEqual([2, 3, 4, 0, 0, true, true]);
});
