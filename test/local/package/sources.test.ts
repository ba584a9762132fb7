import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSources } from "../../../local/package/sources.ts";

test("the settings of deployed stages do not change the package for this machine", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sources-"));
  for (const path of ["stages", "functions", "functions/stages"]) await mkdir(join(folder, path));
  for (const path of ["stages/dev.json", "functions/stages/a.ts", "serverless.yml"])
    await writeFile(join(folder, path), "");
  const sources = await readSources(folder);
  await rm(folder, { recursive: true });
  expect(sources.map(({ path }) => path)).toEqual(["functions/stages/a.ts", "serverless.yml"]);
});
