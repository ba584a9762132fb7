import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const DOCUMENTS = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && !file.startsWith("test/fixtures/") && existsSync(file));
// An operator writes the files of stages/.
const FOLDERS = "bench|client|docs|examples|functions|lib|local|modules|resources|templates|test";

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(file: string): Set<string> {
  const headings = readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** The relative links of a text that lead nowhere, seen from the document that contains the text. */
function deadLinks(file: string, text: string): string[] {
  return [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
    .filter(([, path = "", anchor]) => {
      const target = path === "" ? file : join(dirname(file), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).has(anchor);
    })
    .map(([link]) => link);
}

/** The files and folders that a text names in backticks and that do not exist. `<name>` stands for any name. */
function missingPaths(text: string): string[] {
  return [...text.matchAll(new RegExp(`\`((?:${FOLDERS})/[^\\s\`]*)\``, "g"))]
    .map(([, path = ""]) => path.replace(/<[^>]+>/g, "*").replace(/\/$/, ""))
    .filter((path) => globSync(path).length === 0);
}

test.each(DOCUMENTS)("every link of %s leads to a file and a heading", (file) => {
  expect(deadLinks(file, readFileSync(file, "utf8"))).toEqual([]);
});

test.each(DOCUMENTS)("every path that %s names exists", (file) => {
  expect(missingPaths(readFileSync(file, "utf8"))).toEqual([]);
});

test("a dead link, a missing heading and a missing path are found", () => {
  expect(deadLinks("README.md", "[a](docs/nothing.md) [b](docs/deploy.md#nothing)")).toHaveLength(2);
  expect(deadLinks("README.md", "[a](docs/deploy.md) [b](https://example.com/)")).toEqual([]);
  expect(missingPaths("`lib/nothing.ts` and `lib/runtime/metrics.ts`")).toEqual(["lib/nothing.ts"]);
});

test("every row of the threat model names tests that exist", () => {
  const [, model = ""] = readFileSync("SECURITY.md", "utf8")
    .split(/^## /m)
    .filter((part) => part.startsWith("Threat"))
    .join("")
    .split("|---|---|---|---|");
  const rows = model.trim().split("\n");
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows) {
    const tests = [...(row.split("|").at(-2) ?? "").matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
    expect({ row, missing: tests.filter((path) => !existsSync(path)) }).toEqual({ row, missing: [] });
    expect(tests.length).toBeGreaterThan(0);
  }
});
