import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import * as z from "zod";
import { CERTIFICATES, type ConfigEntry, splitEntryBySecrecy } from "../../lib/config/assemble-config.ts";
import type { WholeConfig } from "../../lib/config/config.ts";
import { parseWholeConfig } from "../../lib/config/parse-whole-config.ts";
import {
  describeFileError,
  replaceEnvAndFileReferences,
} from "../../lib/config/replace-env-and-file-references.ts";
import { isJsonObject, parseJsonOrUndefined } from "../../lib/domain/json.ts";
import { decodeTextByDetectedOrDeclaredCharset } from "../../lib/http/decompress-and-decode-text.ts";

/** The error message lists every error in the config. */
export class ConfigFileInvalidError extends Error {
  override name = "ConfigFileInvalidError";
  readonly faults: readonly string[];

  /** @param source the place of the config, such as a file name. */
  constructor(source: string, faults: readonly string[]) {
    super(formatFaultList(source, faults));
    this.faults = faults;
  }
}

/** Returns a text that has a heading and one line for each error in the config. */
export function formatFaultList(source: string, faults: readonly string[]): string {
  return `${source} is invalid:\n${faults.map((fault) => `- ${fault}`).join("\n")}`;
}

/**
 * Reads and parses the JSON of a config file, and resolves its references to environment variables and files. The
 * function does not check whether the document is a valid config.
 * @throws ConfigFileInvalidError
 */
export async function readConfigDocument(file: string): Promise<unknown> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new ConfigFileInvalidError(file, [`the file ${describeFileError(error)}`]);
  });
  const document = parseJsonOrUndefined(decodeTextByDetectedOrDeclaredCharset(bytes));
  // The error message of JSON.parse is not used: it contains a part of the config, which may be secret.
  if (document === undefined) throw new ConfigFileInvalidError(file, ["must be JSON"]);
  const readText = async (path: string) =>
    decodeTextByDetectedOrDeclaredCharset(await readFile(resolve(dirname(file), path)));
  const resolved = await replaceEnvAndFileReferences(document, { env: process.env, readText });
  if (resolved.faults.length > 0) throw new ConfigFileInvalidError(file, resolved.faults);
  return resolved.document;
}

/**
 * Reads a config file, with the same checks as in the Lambda functions.
 * @throws ConfigFileInvalidError if the config has an error. The error message lists every error in the config.
 */
export async function readWholeConfigFile(file: string): Promise<WholeConfig> {
  const parsed = parseWholeConfig(await readConfigDocument(file));
  if (parsed.kind === "faults") throw new ConfigFileInvalidError(file, parsed.faults);
  return parsed.config;
}

const Named = z.record(z.string(), z.unknown()).default({});
const Document = z.looseObject({
  projects: Named,
  targets: Named,
  tokens: Named,
  oidc: z.array(z.unknown()).default([]),
  settings: z.unknown().optional(),
});

/**
 * Splits a config document into entries for Parameter Store, sorted by name. Parameter Store stores each config entry
 * as one parameter. The secret fields of a project or target are stored in a separate entry.
 * @throws ZodError if the document is not a config.
 */
export function splitConfigIntoEntries(document: unknown): readonly ConfigEntry[] {
  const { projects, targets, tokens, oidc, settings } = Document.parse(document);
  const named = Object.entries({ projects, targets, tokens }).flatMap(([kind, values]) =>
    Object.entries(values).map(([name, value]) => [`${kind}/${name}`, value] as const),
  );
  const rules = oidc.map((rule, i) => [`oidc/${i}`, rule] as const);
  const values = [...named, ...rules, ...(settings === undefined ? [] : [["settings", settings] as const])];
  const certificates = new Map<string, string>();
  const entries = values.flatMap(([name, value]) => {
    const moved = moveCertificates(value, name.replace("/", "-"), certificates);
    return [...splitEntryBySecrecy(name, moved)].map(([entry, part]) => ({
      name: entry,
      value: JSON.stringify(part),
    }));
  });
  return [...entries, ...[...certificates].map(([name, value]) => ({ name, value }))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;
const PEM_FIELDS: readonly string[] = ["ca", "cert"];
const HASH_CHARACTERS = 8;

/**
 * Moves each certificate of a config value to a separate entry, because an entry has at most 8 KB. The config value
 * then contains the name of the separate entry instead of the certificate. The entry's name contains a hash of the
 * certificate, so a changed certificate gets a new entry. Private keys are not moved, because some functions may read
 * the certificate entries but not the private keys.
 */
function moveCertificates(value: unknown, path: string, moved: Map<string, string>): unknown {
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).map(([key, field]) => {
    const fieldPath = `${path}-${key}`;
    if (!PEM_FIELDS.includes(key) || typeof field !== "string")
      return [key, moveCertificates(field, fieldPath, moved)];
    const certificates = (field.match(PEM_BLOCK) ?? []).map((pem) => {
      const hash = createHash("sha256").update(pem).digest("hex").slice(0, HASH_CHARACTERS);
      moved.set(`${CERTIFICATES}${fieldPath}-${hash}`, pem);
      return `${fieldPath}-${hash}`;
    });
    return [key, certificates.length === 0 ? field : { certificates }];
  });
  return Object.fromEntries(fields);
}
