import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { OPERATOR_COMMANDS, OPTION_FORMS, SERVER_COMMANDS } from "../../client/command-table.ts";
import { matchRoute } from "../../lib/api/routes.ts";
import { faultOf, helpOfServerCommand, readHelpTexts } from "./documented-commands.ts";

const FILES = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => /^(client|functions|lib|local|server)\/.*\.(ts|mjs|json)$/.test(file))
  .filter((file) => existsSync(file) && !file.endsWith(".generated.ts"));

/** Removes comments. A comment of this code base takes whole lines. */
const codeOf = (file: string) =>
  readFileSync(file, "utf8")
    .split("\n")
    .map((line) => (/^\s*(\/\/|\/?\*)/.test(line) ? "" : line))
    .join("\n");

/** The first word of the sentence that goes on after a command. */
const PROSE =
  /^(is|and|or|in|to|for|of|with|has|makes|prints|checks|uses|reads|runs|sends|needs|writes|says)$/;

/**
 * Returns the words of the command at the start of a text. The command ends with its string, its line, a gap of a usage
 * text, or a sentence.
 */
function commandAt(text: string): readonly string[] {
  const [line = ""] = text
    .replace(/\$\{[^{}]*\}/g, "x1")
    .replace(/\\`/g, "`")
    .split(/["'`\n(]|\\n| {2}|: /);
  const words: string[] = [];
  for (const word of line.replaceAll(/[[\]]/g, "").trim().split(" ")) {
    if (PROSE.test(word)) break;
    words.push(word.replace(/[.,;:)…]+$/, ""));
    if (/[.,;:)]$/.test(word)) break;
  }
  const isNpm = words[0] === "npm";
  const separator = words.indexOf("--");
  // After `npm run NAME`, the arguments follow `--`. Other words belong to the sentence.
  return isNpm && separator !== 3 ? words.slice(0, 3) : words;
}

/** The commands that a source file names, each with its line. A program without a command is not a hint. */
const hintsIn = (file: string, code: string) =>
  [...code.matchAll(/\b(?:npm run [a-z]|cce-notifier [a-z])/g)]
    .map(({ index }) => ({
      at: `${file}:${code.slice(0, index).split("\n").length}`,
      argv: commandAt(code.slice(index)),
    }))
    .filter(({ argv }) => argv.length > 1);

const faultsIn = (hints: ReturnType<typeof hintsIn>) =>
  hints
    .map((hint) => [hint.at, hint.argv.join(" "), faultOf(hint)] as const)
    .filter(([, , fault]) => fault !== null);

beforeAll(readHelpTexts);

test("every command that a message names can be run as the message prints it", () => {
  const hints = FILES.flatMap((file) => hintsIn(file, codeOf(file)));
  expect(hints.length).toBeGreaterThan(60);
  expect(faultsIn(hints)).toEqual([]);
});

test.each([
  ['"To switch it on, run: cce-notifier tst ops"', "unknown command 'tst'. Did you mean 'test'?"],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is source code.
  ["`To wait: cce-notifier status ${names} --wiat`", "unknown option '--wiat'. Did you mean --wait?"],
  ['"run: cce-notifier redrive --queue poll --dir d"', "cce-notifier redrive has no option --dir"],
  ['"must be a token (npm run tokens makes one)"', "there is no script tokens"],
  ['"Store a config: npm run config -- put FILE --all."', "npm run config has no option --all"],
  ['"(npm run token makes one)"', null],
])("in the source code %s, the fault is %j", (code, fault) => {
  expect(faultsIn(hintsIn("a.ts", code)).map(([, , text]) => text)).toEqual(fault === null ? [] : [fault]);
});

const SOURCES = FILES.filter((file) => /^(client|functions|lib\/(?!pages\/)|server)/.test(file));

test("every option that a message of the command names exists", () => {
  const known = new Set([
    ...Object.keys(OPTION_FORMS).map((name) => `--${name}`),
    ...Object.keys({ ...OPERATOR_COMMANDS, ...SERVER_COMMANDS }).flatMap(
      (name) => helpOfServerCommand(name).match(/--[a-z][a-z-]*/g) ?? [],
    ),
  ]);
  const named = SOURCES.filter((file) => file.endsWith(".ts")).flatMap((file) =>
    [...codeOf(file).matchAll(/(?<![\w-])--[a-z][a-z-]*[a-z]/g)].map(([option]) => [file, option] as const),
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter(([, option]) => !known.has(option))).toEqual([]);
});

test("every call of the API that a message names exists", () => {
  const calls = SOURCES.flatMap((file) =>
    [...codeOf(file).matchAll(/\b(GET|POST|DELETE) (\/v1\/[^\s"'`.,:;)?]+)/g)].map(
      ([, method = "", path = ""]) => [file, method, path] as const,
    ),
  );
  expect(calls.length).toBeGreaterThan(10);
  const isUnknown = (method: string, path: string) =>
    matchRoute(method, path.replace(/\{\w+\}|[A-Z_]{2,}/g, "x")).kind !== "matched";
  expect(calls.filter(([, method, path]) => isUnknown(method, path))).toEqual([]);
});
