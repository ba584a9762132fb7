import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { GENERATED_FILES } from "../../local/generate.ts";

test.each(Object.entries(GENERATED_FILES))(
  "the committed file %s is equal to the output of 'npm run generate'",
  async (path, content) => {
    expect(await content()).toBe(readFileSync(resolve(path), "utf8"));
  },
);
