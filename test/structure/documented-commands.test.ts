import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { commandsInDocument, faultOf, readHelpTexts, unknownScripts } from "./documented-commands.ts";
import { NOT_RUN, RUNS } from "./documented-runs.ts";

const FILES = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => /\.(ts|mjs|md|yml|yaml|tf|sh|groovy)$|Jenkinsfile$|\.ci\/run$/.test(file))
  .filter((file) => existsSync(file) && !file.endsWith(".generated.ts"));
const DOCUMENTS = FILES.filter((file) => file.endsWith(".md") && file !== "CHANGELOG.md");

beforeAll(readHelpTexts);

test.each(DOCUMENTS)("every command line in %s can be run", (file) => {
  const commands = commandsInDocument(file, readFileSync(file, "utf8"));
  const faults = commands.map((command) => [command.at, command.argv.join(" "), faultOf(command)]);
  expect(faults.filter(([, , fault]) => fault !== null)).toEqual([]);
});

test("the documents contain command lines of every kind", () => {
  const all = DOCUMENTS.flatMap((file) => commandsInDocument(file, readFileSync(file, "utf8")));
  const programs = all.map(({ argv: [program] }) => program);
  for (const program of ["npm", "npx", "node", "curl", "aws"]) expect(programs).toContain(program);
  expect(all.length).toBeGreaterThan(100);
});

test("every command line in a document is run by a test or by .ci/run, or has a reason why not", () => {
  const lines = new Set(
    DOCUMENTS.flatMap((file) => commandsInDocument(file, readFileSync(file, "utf8"))).map(({ argv }) =>
      argv.join(" ").replaceAll("\\|", "|"),
    ),
  );
  const patterns = [...RUNS, ...NOT_RUN].map(([pattern]) => pattern);
  expect([...lines].filter((line) => !patterns.some((pattern) => pattern.test(line)))).toEqual([]);
  const superfluous = patterns.filter((pattern) => ![...lines].some((line) => pattern.test(line)));
  expect(superfluous).toEqual([]);
  const missing = RUNS.filter(([, file, text]) => !readFileSync(file, "utf8").includes(text));
  expect(missing).toEqual([]);
});

test("every script that a file names exists", () => {
  // The tests of these functions name scripts that do not exist.
  const files = FILES.filter((file) => !/(documented|hinted)-commands\.test\.ts$/.test(file));
  const unknown = files.flatMap((file) =>
    unknownScripts(readFileSync(file, "utf8")).map((name) => `${file}: npm run ${name}`),
  );
  expect(unknown).toEqual([]);
});

test.each([
  ["npm run nothing -- --stage prod", "there is no script nothing"],
  ["npm run doctor -- --stage prod --nothing", "npm run doctor has no option --nothing"],
  ["npm run deploy -- --stag prod", "npm run deploy has no option --stag"],
  ["npm run simulate -- --nothing 7", "npm run simulate has no option --nothing"],
  ["cce-notifier wach a", "unknown command 'wach'"],
  ["node client/nothing.mjs", "the file client/nothing.mjs does not exist"],
  [
    "npx --yes --package ./cce-notifier-1.0.0.tgz cce-notifier watch",
    "give either job IDs, --operation or --reply",
  ],
  ["sl -a", "the program sl is unknown"],
  ["npm ci && npm run lint", null],
  ["npm run config -- check|put|list", null],
  ["API=x TOKEN=y npm start  # text", null],
])("of the command line %j, the fault is %j", (line, fault) => {
  const faults = commandsInDocument("a.md", `\`\`\`sh\n${line}\n\`\`\`\n`).map(faultOf);
  expect(faults.find((one) => one !== null) ?? null).toEqual(
    fault === null ? null : expect.stringContaining(fault),
  );
});
