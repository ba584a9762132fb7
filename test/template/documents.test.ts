import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { METRICS } from "../../lib/runtime/metrics.ts";
import { ROOT } from "./own-template.ts";

const read = (file: string) => readFile(join(ROOT, file), "utf8");

test("docs/operations.md describes exactly the existing metrics", async () => {
  const table = (await read("docs/operations.md")).split("## Metrics")[1]?.split("## ")[0] ?? "";
  const described = table
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(described.toSorted()).toEqual([...METRICS].sort());
});

test("every parameter of serverless.yml has a default, a comment and an entry in docs/deploy.md", async () => {
  const parameters = (await read("serverless.yml")).split(/^ {2}default:$/m)[1]?.split(/^\S/m)[0] ?? "";
  const lines = parameters.split("\n").filter((line) => line !== "");
  const settings = lines.filter((line) => !line.trimStart().startsWith("#"));
  const names = settings.map((line) => /^ {4}(\w+): \S/.exec(line)?.[1]);
  expect(names.length).toBeGreaterThan(5);
  expect(names).not.toContain(undefined);
  // Two settings may share one comment.
  expect(lines.length).toBeGreaterThanOrEqual(2 * settings.length - 1);
  const guide = await read("docs/deploy.md");
  for (const name of names) expect(guide).toContain(`\`${name}\``);
});
