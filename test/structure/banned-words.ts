import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as z from "zod";
import { UsageError } from "../../local/ops/command.ts";
import { readScriptArguments } from "../../local/ops/script-arguments.ts";

const Entry = z.strictObject({
  /** Words or phrases, separated by `|`. */
  ban: z.string(),
  /**
   * `identifiers`: code only. `renderTextWithCodeAndSchemaLinks`: comments, strings and documents only. `messages`:
   * strings only. Default: all.
   */
  in: z.optional(z.enum(["identifiers", "prose", "messages"])),
  use: z.string(),
  /** Contexts, as regular expressions, in which the word may stand. */
  allow: z.array(z.string()),
});
const List = z.strictObject({ words: z.array(Entry), ignoredFiles: z.array(z.string()) });

type Part = "identifiers" | "comments" | "strings";

interface BannedWord {
  readonly file: string;
  readonly line: number;
  readonly word: string;
  readonly use: string;
}

const CHECKED_FILES = /\.(ts|mts|mjs|cjs|js|md|yml|yaml|sh|tf|json)$|Jenkinsfile$|\.ci\/run$/;
const CODE_FILES = /\.(ts|mts|mjs|cjs|js)$/;

const list = List.parse(JSON.parse(readFileSync(resolve("test/structure/banned-words.json"), "utf8")));
const rules = list.words.map((entry) => ({
  part: entry.in,
  use: entry.use,
  pattern: new RegExp(`(?<![\\p{L}\\d])(?:${entry.ban})(?![\\p{L}\\d])`, "giu"),
  allowed: entry.allow.map((context) => new RegExp(context, "giu")),
}));

/** The banned words in a text: `file` decides whether it is code or a document. */
export function bannedWords(file: string, text: string): BannedWord[] {
  const segments = CODE_FILES.test(file)
    ? segmentsOfCode(text)
    : [{ part: "comments" as const, start: 0, text }];
  return segments.flatMap((segment) =>
    rules
      .filter(({ part }) => applies(part, segment.part))
      .flatMap(({ pattern, allowed, use }) => {
        const searched = segment.part === "identifiers" ? splitIdentifiers(segment.text) : segment.text;
        const matches = [...searched.matchAll(pattern)];
        if (matches.length === 0) return [];
        const contexts = allowed.flatMap((context) => [...searched.matchAll(context)]);
        return matches
          .filter(
            (match) =>
              !contexts.some(
                (context) =>
                  context.index <= match.index &&
                  context.index + context[0].length >= match.index + match[0].length,
              ),
          )
          .map((match) => ({
            file,
            line: lineAt(text, segment.start) + lineAt(searched, match.index) - 1,
            word: match[0],
            use,
          }));
      }),
  );
}

/** The banned words in every file that git tracks below one of the folders; no folder: the whole repository. */
export function bannedWordsInRepository(folders: readonly string[] = []): BannedWord[] {
  return execFileSync("git", ["ls-files", "-co", "--exclude-standard", ...folders], { encoding: "utf8" })
    .split("\n")
    .filter(
      (file) =>
        CHECKED_FILES.test(file) && !file.includes(".generated.") && !list.ignoredFiles.includes(file),
    )
    .flatMap((file) => bannedWords(file, readFileSync(file, "utf8")));
}

function applies(rule: "identifiers" | "prose" | "messages" | undefined, part: Part): boolean {
  switch (rule) {
    case undefined:
      return true;
    case "identifiers":
      return part === "identifiers";
    case "prose":
      return part !== "identifiers";
    case "messages":
      return part === "strings";
    default:
      return rule satisfies never;
  }
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

/** `recordNextPoll_AT` as `record Next Poll AT`, in its own lines. */
function splitIdentifiers(code: string): string {
  return code.replace(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_$]/g, " ");
}

const TOKEN =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|\$\{(?:[^{}]|\{[^{}]*\})*\}|[^`\\])*`/g;

function segmentsOfCode(text: string): { part: Part; start: number; text: string }[] {
  const segments: { part: Part; start: number; text: string }[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    segments.push({ part: "identifiers", start: end, text: text.slice(end, match.index) });
    const isComment = match[0].startsWith("/");
    segments.push({ part: isComment ? "comments" : "strings", start: match.index, text: match[0] });
    end = match.index + match[0].length;
  }
  segments.push({ part: "identifiers", start: end, text: text.slice(end) });
  return segments;
}

if (import.meta.main) {
  const folders = readScriptArguments(
    `Lists the banned words in every file of the repository, or only in the files of some folders.

  npm run words [-- FOLDER...]

Exit status: 0, 1 if a word is banned, 2 for wrong use. test/structure/banned-words.json lists the banned words.
`,
    { allowPositionals: true },
    ({ positionals }) => {
      const missing = positionals.find((folder) => !existsSync(folder));
      if (missing !== undefined) throw new UsageError(`${missing} does not exist`);
      return positionals;
    },
  );
  const found = bannedWordsInRepository(folders);
  for (const { file, line, word, use } of found)
    process.stdout.write(`${file}:${line}: '${word}'. Use: ${use}\n`);
  process.stdout.write(`${found.length} banned words\n`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
