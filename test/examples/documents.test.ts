import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../support/run-command.ts";
import { shellBlocks } from "../support/shell-blocks.ts";
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

test("the curl commands in every document print the reason of a refusal", async () => {
  const service = await startStubService(() => ({ status: 422, body: { detail: "why" } }));
  const folder = await mkdtemp(join(tmpdir(), "documents-"));
  await writeFile(join(folder, "create-cluster-reply.json"), "{}");
  const env = { NOTIFIER_TOKEN: "t", TOKEN: "t", API: service.url, CLUSTER_ID: "c" };
  const ran: string[] = [];
  for (const [file, content] of await documents())
    for (const [call] of shellBlocks(content)
      .join("\n")
      .matchAll(/^curl (?:.*\\\n)*.*$/gm)) {
      if (call.includes("ARTIFACTS")) continue;
      const script = call.replace("https://your-api.example", service.url);
      const { code, stdout } = await runCommand("sh", ["-c", script], { cwd: folder, env });
      expect([file, code, stdout]).toEqual([file, 22, '{"detail":"why"}']);
      ran.push(file);
    }
  const documented = ["README.md", "docs/cce-operations.md", "docs/deploy.md", "docs/ready.md"];
  expect([...new Set(ran)].sort()).toEqual(documented);
  expect(ran).toHaveLength(8);
  expect(service.requests.every((request) => /^(GET|POST) \/v1\//.test(request))).toBe(true);
  await service.stop();
  await rm(folder, { recursive: true });
});
