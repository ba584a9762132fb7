import { existsSync, readFileSync } from "node:fs";
import * as z from "zod";
import { parseArguments } from "../../client/arguments.ts";
import { OPERATOR_COMMANDS, SERVER_COMMANDS } from "../../client/command-table.ts";
import { isServerCommand } from "../../client/server-command.ts";
import { startProgramHost } from "../support/start-program-host.ts";

const Package = z.object({ scripts: z.record(z.string(), z.string()) });
const { scripts } = Package.parse(JSON.parse(readFileSync("package.json", "utf8")));

/** A command line in a document, with the file and the line number. */
interface DocumentedCommand {
  readonly at: string;
  readonly argv: readonly string[];
}

/** Programs that are not part of this repository. */
const OTHER_PROGRAMS: ReadonlySet<string> = new Set(
  "aws cat cd cp curl echo export git helm kubectl openssl podman printf sed sudo systemctl sha256sum xargs".split(
    " ",
  ),
);

/** The commands in the code blocks of a document, and in its inline code if the code begins with a command of ours. */
export function commandsInDocument(file: string, text: string): readonly DocumentedCommand[] {
  const commands: DocumentedCommand[] = [];
  const add = (index: number, code: string) => {
    const line = text.slice(0, index).split("\n").length;
    for (const argv of splitCommands(code)) commands.push({ at: `${file}:${line}`, argv });
  };
  for (const { index, 1: block = "" } of text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)) add(index, block);
  for (const { index, 1: code = "" } of text.matchAll(/(?<!`)`((?:npm|npx|cce-notifier|node) [^`]+)`(?!`)/g))
    add(index, code.replaceAll("\n", " "));
  return commands;
}

/** Splits shell code into commands and each command into words. Comments, variables and redirections are removed. */
function splitCommands(code: string): readonly (readonly string[])[] {
  return code
    .replace(/\\\n\s*/g, " ")
    .replace(/(^|\s)#.*$/gm, "")
    .split(/\n|&&|\|\||(?<=\s)[|](?=\s)|;/)
    .map((command) => command.replace(/(?:^|\s)(?:\d?>|<).*$/, "").trim())
    .map((command) =>
      (command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) => word.replace(/^["']|["']$/g, "")),
    )
    .map((words) => words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word))))
    .filter((words) => words.length > 0 && !/^[A-Z_]+=/.test(words[0] ?? ""));
}

/** Replaces the forms of a usage text: `[--option]`, `A|B` (the first is used), `NAME…` and `COMMAND`. */
const plain = (words: readonly string[]) =>
  words.map((word) =>
    word
      .replace(/^\[|\]$/g, "")
      .replace(/\|.*$/, "")
      .replace(/…$/, "")
      .replace(/^COMMAND$/, "watch"),
  );

/** Returns why a command cannot be run as the document says. Returns null if the command can be run. */
export function faultOf({ argv }: DocumentedCommand): string | null {
  const [program = "", ...rest] = plain(argv);
  if (program === "npm") return faultOfNpm(rest);
  if (program === "cce-notifier") return faultOfCommand(rest);
  // docs/command.md warns of `npx cce-notifier`, which would run a package of the registry.
  if (program === "npx" && rest.join(" ") !== "cce-notifier")
    return rest.includes("--package")
      ? faultOfCommand(rest.slice(rest.indexOf("cce-notifier") + 1))
      : "no --package";
  if (program === "node") {
    const [file = "", ...more] = rest;
    if (file === "client/bin.mjs" || file.endsWith("cce-notifier.mjs")) return faultOfCommand(more);
    return existsSync(file) ? null : `the file ${file} does not exist`;
  }
  return OTHER_PROGRAMS.has(program) || program === "npx" ? null : `the program ${program} is unknown`;
}

function faultOfNpm([verb = "", ...rest]: readonly string[]): string | null {
  if (verb === "ci" || verb === "audit") return null;
  const name = verb === "run" ? (rest.find((word) => !word.startsWith("-")) ?? "") : verb;
  const script = scripts[name];
  if (script === undefined) return `there is no script ${name}`;
  const file = fileOf(script);
  const options = rest
    .filter((word) => /^--[a-z]/.test(word) && word !== "--silent")
    .map((word) => word.replace(/=.*/, ""));
  const unknown = options.find((option) => !knowsOption(name, file, option));
  return unknown === undefined ? null : `npm run ${name} has no option ${unknown}`;
}

/** The programs whose help names all their options. */
const EXPLAINED_PROGRAMS = /^local\/(ops|release)\//;
/** The help of each program, by the file of the program and perhaps the name of a command. */
const helpTexts = new Map<string, string>();

/** Reads the help of all programs, which `faultOf` and `helpOfServerCommand` need. */
export async function readHelpTexts(): Promise<void> {
  const host = startProgramHost();
  const files = Object.values(scripts).map((script) => fileOf(script) ?? "");
  const commands = Object.keys({ ...SERVER_COMMANDS, ...OPERATOR_COMMANDS });
  for (const argv of [
    ...files.filter((file) => EXPLAINED_PROGRAMS.test(file)).map((file) => [file]),
    ...commands.map((name) => ["client/bin.mjs", name]),
  ]) {
    const [file = "", ...parameters] = argv;
    const { code, stdout, stderr } = await host.run(file, [...parameters, "--help"]);
    if (code !== 0) throw new Error(`${argv.join(" ")} --help has exit status ${code}: ${stderr}`);
    helpTexts.set(argv.join(" "), stdout);
  }
  await host.stop();
}

/** Returns the file of the program that a script runs. */
const fileOf = (script: string) => /node (?:--(?!test\b)\S+ )*(\S+\.(?:ts|mjs))/.exec(script)?.[1];

function knowsOption(script: string, file: string | undefined, option: string): boolean {
  // The Serverless Framework has options of its own.
  if (file === undefined || script === "deploy") return ["--stage", "--region", "--param"].includes(option);
  if (!EXPLAINED_PROGRAMS.test(file)) return readFileSync(file, "utf8").includes(option.slice(2));
  return hasOption(helpOf(file), option);
}

function helpOf(program: string): string {
  const help = helpTexts.get(program);
  if (help === undefined) throw new Error(`The help of ${program} was not read.`);
  return help;
}

/** Returns the help of a command of the one-node edition. */
export const helpOfServerCommand = (name: string): string => helpOf(`client/bin.mjs ${name}`);

const hasOption = (help: string, option: string): boolean =>
  [...help.matchAll(/--[a-z][a-z-]*/g)].some(([found]) => found === option);

function faultOfCommand(argv: readonly string[]): string | null {
  const [name] = argv;
  // The commands of the one-node edition read their arguments in another process, so their help names the options.
  if (isServerCommand(name)) {
    const help = helpOfServerCommand(name);
    const unknown = argv
      .filter((word) => /^--[a-z]/.test(word))
      .map((word) => word.replace(/=.*/, ""))
      .find((option) => !hasOption(help, option));
    return unknown === undefined ? null : `cce-notifier ${name} has no option ${unknown}`;
  }
  const command = parseArguments(argv, "prod");
  return command.kind === "fault" ? command.detail : null;
}

/** Returns the unknown scripts in source code or a document: `npm run NAME`. */
export function unknownScripts(text: string): readonly string[] {
  const names = [...text.matchAll(/\bnpm run (?:-s |--silent )?([a-z][\w:-]*)/g)].map(
    ([, name = ""]) => name,
  );
  return names.filter((name) => !Object.hasOwn(scripts, name));
}
