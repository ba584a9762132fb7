import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { GENERATED_FILES } from "../../local/generate.ts";

test.each(Object.entries(GENERATED_FILES))("%s is what 'npm run generate' writes", async (path, content) => {
  expect(await content()).toBe(readFileSync(resolve(path), "utf8"));
});
