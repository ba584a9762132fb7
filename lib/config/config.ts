import * as z from "zod/mini";
import type { PublicTarget } from "../channels/channel.ts";
import type { Target } from "../channels/registry.ts";
import { toObjectOrEmpty } from "../domain/json.ts";
import { Name } from "../domain/names.ts";
import {
  describeIssueWithoutPath,
  httpUrlSchema,
  listSchema,
  NonEmpty,
  recordSchemaRefusingProto,
  textSchema,
  unwrapLazy,
  withChecks,
} from "../domain/zod-fields.ts";
import type { ConfigPart } from "./assemble-config.ts";
import type { Project, PublicProject } from "./projects.ts";
import { Settings } from "./settings.ts";

const Sha256 = z.lazy(() =>
  textSchema(z.regex(/^[0-9a-f]{64}$/i, "must be 64 hexadecimal digits (npm run token makes one)")),
);

const Names = z.lazy(() =>
  z.array(z.union([Name, z.literal("*")], "must be a name from the config, or * for all")),
);

/** The names of the rights that a caller may have. The right `watch` allows the call `POST /v1/jobs`. */
export const CALLER_OPERATIONS = ["watch", "read", "stop", "redeliver", "test"] as const;
export type CallerOperation = (typeof CALLER_OPERATIONS)[number];

/**
 * What a caller may do (operations), and with which projects and targets. An array with the entry `*` stands for all
 * names. An empty array stands for no name.
 */
export const Rights = z.lazy(() =>
  z.strictObject({
    projects: Names,
    targets: Names,
    operations: z.array(z.enum([...CALLER_OPERATIONS, "*"])),
  }),
);
export type Rights = Readonly<z.infer<typeof Rights>>;

/**
 * A bearer token of a caller. The config contains the SHA-256 hash of the token, and not the token itself. While an
 * operator replaces a token, the config contains the hashes of the old and the new token.
 */
export const Token = z.lazy(() =>
  z.strictObject({
    sha256: z.union(
      [Sha256, listSchema(Sha256, z.minLength(1), z.maxLength(4))],
      "must be the SHA-256 of a token, or an array of up to 4 of them (npm run token makes one)",
    ),
    ...unwrapLazy(Rights).shape,
  }),
);
export type Token = z.infer<typeof Token>;

/** A rule that accepts identity tokens (OIDC) from one issuer. In a pattern for a claim, `*` stands for any text. */
export const OidcRule = z.lazy(() =>
  z.strictObject({
    issuer: httpUrlSchema("must be the issuer's URL"),
    /**
     * The URL from which the service reads the keys of the issuer. An operator must set `jwksUri` if the keys are not
     * on the host of the issuer. Without `jwksUri`, the service finds the URL in the issuer's discovery document.
     */
    jwksUri: z.optional(httpUrlSchema("must be the URL of the issuer's key set")),
    audience: NonEmpty,
    claims: withChecks(
      recordSchemaRefusingProto(z.string(), NonEmpty),
      z.refine(
        (claims) => Object.keys(claims).length > 0,
        "must have at least one claim, or every user of the issuer has access",
      ),
    ),
    ...unwrapLazy(Rights).shape,
  }),
);
export type OidcRule = z.infer<typeof OidcRule>;

/** The config without secrets: without the credentials of projects, and without the URLs and secrets of targets. */
export interface Config<P = PublicProject, T = PublicTarget> {
  readonly projects: Record<string, P>;
  readonly targets: Record<string, T>;
  readonly tokens: Record<string, Token>;
  readonly oidc: OidcRule[];
  readonly settings: Settings;
}
/** The config including the credentials of the projects. */
export type ConfigWithCredentials = Config<Project>;
/** The config including the URLs and secrets of the targets. */
export type ConfigWithTargets = Config<PublicProject, Target>;
export type WholeConfig = Config<Project, Target>;

export type ParsedConfig<C extends Config = WholeConfig> =
  | { readonly kind: "config"; readonly config: C }
  | { readonly kind: "faults"; readonly faults: readonly string[] };

/** Parses a config document. `parts` are the parts of the config that the parser needs. */
export interface ConfigParser<C extends Config> {
  readonly parts: readonly ConfigPart[];
  readonly parse: (document: unknown) => ParsedConfig<C>;
}

interface ConfigSchemas<P extends PublicProject, T extends PublicTarget> {
  readonly project: z.core.$ZodType<P>;
  readonly target: z.core.$ZodType<T>;
}

/**
 * Creates the schema of a config document. The schema does not check whether the named projects and targets exist. The
 * function `createConfigParser` checks whether the named projects and targets exist.
 * @param schemas the schema of a project and the schema of a target
 */
export function createConfigDocumentSchema<P extends PublicProject, T extends PublicTarget>(
  schemas: ConfigSchemas<P, T>,
): z.ZodMiniType<Config<P, T>> {
  return z.lazy(() =>
    z.strictObject({
      projects: z._default(recordSchemaRefusingProto(Name, schemas.project), {}),
      targets: z._default(recordSchemaRefusingProto(Name, schemas.target), {}),
      tokens: z._default(recordSchemaRefusingProto(Name, Token), {}),
      oidc: z._default(z.array(OidcRule), []),
      settings: z.prefault(Settings, {}),
    }),
  );
}

/**
 * Creates a parser for config documents that contain the given parts.
 * @param schemas the schema of a project and the schema of a target. With `PublicProject` and `PublicTarget`, the
 * parser needs no part with secrets.
 */
export function createConfigParser<P extends PublicProject, T extends PublicTarget>(
  parts: readonly ConfigPart[],
  schemas: ConfigSchemas<P, T>,
): ConfigParser<Config<P, T>> {
  const Document = createConfigDocumentSchema(schemas);
  return {
    parts,
    parse(document) {
      const parsed = Document.safeParse(document);
      const issues = parsed.error?.issues ?? [];
      const faults = [
        ...issues.map((issue) => `${formatPath(issue.path)}: ${describeIssueWithoutPath(issue)}`),
        ...findUnknownNames(document, parts),
      ];
      return parsed.success && faults.length === 0
        ? { kind: "config", config: parsed.data }
        : { kind: "faults", faults };
    },
  };
}

/** Returns the path of a value as text, for example `tokens.ci.projects[0]`. */
function formatPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "(the document)";
  return path
    .map((part, i) => (typeof part === "number" ? `[${part}]` : `${i > 0 ? "." : ""}${String(part)}`))
    .join("");
}

/**
 * Returns an error for each project or target that the config names but does not define. The function ignores malformed
 * values, because the schema already reports them. Names of projects are checked only if `parts` contains `projects`.
 * Names of targets are checked only if `parts` contains `targets`.
 */
function findUnknownNames(document: unknown, parts: readonly ConfigPart[]): readonly string[] {
  const config = toObjectOrEmpty(document);
  const settings = toObjectOrEmpty(config.settings);
  const faults: string[] = [];

  const check = (kind: "projects" | "targets", name: unknown, path: readonly PropertyKey[]): void => {
    if (!parts.includes(kind)) return;
    const known = toObjectOrEmpty(config[kind]);
    if (!Name.safeParse(name).success || Object.hasOwn(known, String(name))) return;
    const names = Object.keys(known).join(", ") || "none";
    faults.push(`${formatPath(path)}: unknown ${kind.slice(0, -1)} '${name}'. Known ${kind}: ${names}`);
  };
  const checkAll = (kind: "projects" | "targets", names: unknown, path: readonly PropertyKey[]): void => {
    for (const [i, name] of itemsOf(names).entries()) check(kind, name, [...path, i]);
  };
  const checkRights = (value: unknown, path: readonly PropertyKey[]): void => {
    const { projects, targets } = toObjectOrEmpty(value);
    checkAll("projects", projects, [...path, "projects"]);
    checkAll("targets", targets, [...path, "targets"]);
  };

  for (const [name, token] of Object.entries(toObjectOrEmpty(config.tokens)))
    checkRights(token, ["tokens", name]);
  for (const [i, rule] of itemsOf(config.oidc).entries()) checkRights(rule, ["oidc", i]);
  for (const [name, project] of Object.entries(toObjectOrEmpty(config.projects))) {
    const { notify } = toObjectOrEmpty(toObjectOrEmpty(project).discover);
    checkAll("targets", notify, ["projects", name, "discover", "notify"]);
  }
  check("projects", settings.defaultProject, ["settings", "defaultProject"]);
  check("targets", settings.fallbackTarget, ["settings", "fallbackTarget"]);
  checkAll("targets", settings.defaultTargets, ["settings", "defaultTargets"]);
  return faults;
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
