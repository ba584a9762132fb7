import type { Source } from "../../local/package/sources.ts";

/** One change of a source file. The text `find` must be in the file. Every occurrence is replaced. */
interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** In a message of version 2, two fields have other names. */
const MESSAGE_FORMAT = `
const NAMES: Record<string, string> = { project: "cceProject", target: "recipient" };
const toVersion2 = (message: object) =>
  Object.fromEntries(Object.entries(message).map(([name, value]) => [NAMES[name] ?? name, value]));
const fromVersion2 = (json: any) => {
  const old = Object.fromEntries(Object.entries(NAMES).map(([name, renamed]) => [renamed, name]));
  if (typeof json !== "object" || json === null || json.v !== 2) return json;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [old[name] ?? name, value]));
};
`;

/** In an item of version 2, two fields may be texts of another form. A changed item may still contain the old form. */
const ITEM_FORMAT = `
const toVersion2 = (values: any) => ({
  ...values,
  ...(typeof values.nextPollAt === "number" && { nextPollAt: "at " + values.nextPollAt }),
  ...(typeof values.polledAt === "string" && { polledAt: "[" + values.polledAt + "]" }),
});
const fromVersion2 = (values: any) => ({
  ...values,
  ...(typeof values.nextPollAt === "string" && { nextPollAt: Number(values.nextPollAt.slice(3)) }),
  ...(typeof values.polledAt === "string" && { polledAt: values.polledAt.replace(/[[\\]]/g, "") }),
});
`;

const MESSAGES = "lib/queue/messages.ts";
const TABLE = "lib/ledger/dynamo/item-operations.ts";

const FORMAT_EDITS: readonly Edit[] = [
  {
    file: MESSAGES,
    find: "const json = parseJsonOrUndefined(body);",
    replace: "const json = fromVersion2(parseJsonOrUndefined(body));",
  },
  {
    file: MESSAGES,
    find: "JSON.stringify({ v: MESSAGE_VERSION, ...message })",
    replace: "JSON.stringify(toVersion2({ v: MESSAGE_VERSION, ...message }))",
  },
  {
    file: TABLE,
    find: "set: { ...update.set, v: version },",
    replace: "set: toVersion2({ ...update.set, v: version }),",
  },
  {
    file: TABLE,
    find: "toAttributesWithoutNulls({ ...key, ...values, v: findItemVersion(key.pk) })",
    replace: "toAttributesWithoutNulls(toVersion2({ ...key, ...values, v: findItemVersion(key.pk) }))",
  },
  {
    file: TABLE,
    find: "const values = fromAttributes(item);",
    replace: "const values: any = fromVersion2(fromAttributes(item));",
  },
];

const VERSION_EDITS: readonly Edit[] = [
  { file: MESSAGES, find: "const MESSAGE_VERSION = 1;", replace: "const MESSAGE_VERSION = 2;" },
  { file: MESSAGES, find: "z.literal(MESSAGE_VERSION)", replace: "z.literal([1, 2])" },
  { file: TABLE, find: "{ W: 1,", replace: "{ W: 2," },
];

/**
 * Changes the sources of this release to the sources of a possible next release. The next release writes messages and
 * watch items of version 2 with changed fields. It can read both versions.
 * @param raisesVersions if false, the next release changes the formats but not the version numbers. The upgrade check
 * must find this mistake.
 * @throws Error if a source file no longer contains a text that this function replaces.
 */
export function makeNextRelease(sources: readonly Source[], raisesVersions = true): readonly Source[] {
  const edits = raisesVersions ? [...FORMAT_EDITS, ...VERSION_EDITS] : FORMAT_EDITS;
  const appendices: Readonly<Record<string, string>> = {
    [MESSAGES]: raisesVersions ? MESSAGE_FORMAT : MESSAGE_FORMAT.replace("json.v !== 2", "false"),
    [TABLE]: ITEM_FORMAT,
  };
  return sources.map(({ path, content }) => {
    const text = edits
      .filter(({ file }) => file === path)
      .reduce((changed, edit) => applyEdit(changed, edit), content.toString());
    return { path, content: Buffer.from(text + (appendices[path] ?? "")) };
  });
}

function applyEdit(text: string, { file, find, replace }: Edit): string {
  if (!text.includes(find))
    throw new Error(
      `${file} no longer contains "${find}". Adapt test/upgrade/next-release.ts to the changed file.`,
    );
  return text.replaceAll(find, replace);
}
