import { type JsonObject, toObjectOrEmpty } from "../../lib/domain/json.ts";
import { describeTypeAndLimits, jsonInBackticks } from "../../lib/openapi/docs-parts.ts";
import { createConfigSchema, DESCRIPTIONS, kindOf, visitConfigKeys } from "./config-schema.ts";

const INTRODUCTION = `# Configuration

The config is one JSON document. [deploy.md](deploy.md) describes how to store the config on AWS. On your machine the
config is one file. \`config.example.json\` is a config to start from: copy it and replace each placeholder.
\`config.schema.json\` is the JSON Schema of the config: an editor completes and checks a file that starts with
\`"$schema": "./config.schema.json"\`.

\`npm run config -- check FILE\` reports all errors of a file at once.

In a file, a string can be a reference: \`{"$env": "NAME"}\` is the value of an environment variable, and
\`{"$file": "PATH"}\` is the content of a file. A relative path starts at the folder of the config file.

This page is made from the schema by \`npm run generate\`. In a key, the character \`*\` means a name of your choice. A
name has 1 to 64 letters, digits, hyphens and underscores, and starts with a letter or a digit.
`;

/**
 * One table row of the config reference, which describes one key. If only some kinds of targets or credentials have
 * this key, `kinds` lists these kinds.
 */
interface Row {
  readonly path: string;
  readonly schema: JsonObject;
  readonly isRequired: boolean;
  readonly kinds: string[];
}

/** Returns the reference of the config as Markdown: one section for each key of the document. */
export function renderConfigReference(): string {
  const schema = createConfigSchema();
  const rows = collectRows(schema);
  const sections = Object.entries(toObjectOrEmpty(schema.properties))
    .filter(([name]) => name !== "$schema")
    .map(([name, section]) => renderSection(name, toObjectOrEmpty(section), rows));
  return [INTRODUCTION, ...sections].join("\n");
}

function collectRows(schema: JsonObject): readonly Row[] {
  const rows = new Map<string, Row>();
  visitConfigKeys(schema, (path, key, isRequired, kind) => {
    const known = rows.get(path);
    if (known === undefined)
      rows.set(path, { path, schema: key, isRequired, kinds: kind === null ? [] : [kind] });
    else if (kind !== null) known.kinds.push(kind);
  });
  return [...rows.values()];
}

function renderSection(name: string, section: JsonObject, rows: readonly Row[]): string {
  const own = rows.filter(({ path }) => path.startsWith(`${name}.`) || path.startsWith(`${name}[`));
  const { oneOf } = toObjectOrEmpty(section.additionalProperties);
  const allKinds = Array.isArray(oneOf) ? oneOf.map((form) => kindOf(toObjectOrEmpty(form))) : [];
  const forms = Object.entries(DESCRIPTIONS).filter(
    ([path]) => path.startsWith(`${name}.`) && path.endsWith(")"),
  );
  const lines = [`## ${name}`, "", `${DESCRIPTIONS[name]?.text ?? ""}`, ""];
  if (own.length > 0)
    lines.push(
      "| key | type | default | description | example |",
      "|---|---|---|---|---|",
      ...own.map((row) => renderRow(row, allKinds.length)),
      "",
    );
  for (const [path, { text }] of forms)
    lines.push(`- kind \`${path.slice(path.indexOf("(") + 1, -1)}\`: ${text}`);
  if (forms.length > 0) lines.push("");
  return lines.join("\n");
}

function renderRow({ path, schema, isRequired, kinds }: Row, kindCount: number): string {
  const { text = "", example } = DESCRIPTIONS[path] ?? {};
  const isForSomeKinds = kinds.length > 0 && kinds.length !== kindCount && !path.endsWith(".kind");
  const onlyFor = isForSomeKinds ? ` Only for ${listKinds(kinds)}.` : "";
  const fallback = isRequired ? "required" : "default" in schema ? jsonInBackticks(schema.default) : "";
  const cells = [
    `\`${path}\``,
    path.endsWith(".kind") ? listKinds(kinds) : describeTypeAndLimits(schema),
    fallback,
    `${text}${onlyFor}`,
    example === undefined ? "" : jsonInBackticks(example),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

const listKinds = (kinds: readonly string[]): string =>
  [...new Set(kinds)].map((kind) => `\`${kind}\``).join(", ");
