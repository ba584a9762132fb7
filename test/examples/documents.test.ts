import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../support/run-command.ts";
import { startStubService } from "../support/stub-service.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const text = (path: string) => readFile(join(ROOT, path), "utf8");

/** The documents and examples by their path. */
async function documents(): Promise<ReadonlyMap<string, string>> {
  const files = await Promise.all(
    ["docs", "examples"].map(async (folder) => {
      const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    }),
  );
  const texts = ["README.md", ...files.flat().map((file) => file.slice(ROOT.length))]
    .filter((file) => /\.(md|sh|yml|tf)$|Jenkinsfile$/.test(file))
    .map(async (file) => [file, await text(file)] as const);
  return new Map(await Promise.all(texts));
}

test("no curl command in a document hides the reason of a refusal", async () => {
  const lines = [...(await documents())].flatMap(([file, content]) =>
    content.split("\n").map((line) => `${file}: ${line.trim()}`),
  );
  const calls = lines.filter((line) => /\bcurl -/.test(line));
  expect(calls.length).toBeGreaterThan(5);
  // A failed download has no reason in its response, so -f is correct for downloads.
  const hiding = calls.filter((line) => /\bcurl (-\S+ )*(-[a-zA-Z]*f|--fail )/.test(line));
  expect(hiding.filter((line) => !line.includes("ARTIFACTS"))).toEqual([]);
});

test("no document runs a package from a registry", async () => {
  for (const [file, content] of await documents())
    for (const block of content.matchAll(/```sh\n([\s\S]*?)```/g))
      expect(`${file}: ${block[1]}`).not.toMatch(
        /\bnpx (?!--yes --package \.\/\S+\.tgz )|npm (install|i|exec) /,
      );
});

test.each([
  ["README.md", 2],
  ["docs/deploy.md", 2],
])("the curl commands in %s print the reason of a refusal", async (file, count) => {
  const service = await startStubService(() => ({ status: 422, body: { detail: "why" } }));
  const folder = await mkdtemp(join(tmpdir(), "documents-"));
  await writeFile(join(folder, "create-cluster-reply.json"), "{}");
  const calls = [...(await text(file)).matchAll(/^curl (?:.*\\\n)*.*$/gm)].map(([call]) => call);
  expect(calls).toHaveLength(count);
  for (const call of calls) {
    const script = call.replace("https://your-api.example", service.url);
    const env = { NOTIFIER_TOKEN: "t", TOKEN: "t", API: service.url };
    const ran = await runCommand("sh", ["-c", script], { cwd: folder, env });
    expect([ran.code, ran.stdout]).toEqual([22, '{"detail":"why"}']);
  }
  expect(service.requests.every((request) => request.startsWith("POST /v1/"))).toBe(true);
  await service.stop();
  await rm(folder, { recursive: true });
});
