import * as z from "zod/mini";
import { Target } from "../channels/targets.ts";
import { Name } from "../domain/job.ts";
import { describeIssue, httpUrl, NonEmpty } from "../domain/zod-fields.ts";
import { crossFaults } from "./cross-references.ts";
import { Project } from "./projects.ts";
import { Settings } from "./settings.ts";

const Sha256 = z
  .string()
  .check(z.regex(/^[0-9a-f]{64}$/i, "must be 64 hexadecimal digits (npm run token makes one)"));

const Scope = z.array(z.union([Name, z.literal("*")], "must be a name from the config, or * for all"));

/** What a caller may use: names, or `*` for all. */
const scopes = { projects: Scope.check(z.minLength(1)), targets: z._default(Scope, ["*"]) };

/** A bearer token, known only by its SHA-256. Two may be alive while one is rotated. */
export const Token = z.strictObject({
  sha256: z.union(
    [Sha256, z.array(Sha256).check(z.minLength(1), z.maxLength(4))],
    "must be the SHA-256 of a token, or a list of up to 4 of them (npm run token makes one)",
  ),
  ...scopes,
});
export type Token = z.infer<typeof Token>;

/** CI identity tokens of one issuer that are let in. `*` in a claim's pattern stands for any text. */
export const OidcRule = z.strictObject({
  issuer: httpUrl("must be the issuer's URL"),
  audience: NonEmpty,
  claims: z
    .record(z.string(), NonEmpty)
    .check(
      z.refine(
        (claims) => Object.keys(claims).length > 0,
        "names at least one claim, or anyone at this issuer gets in",
      ),
    ),
  ...scopes,
});
export type OidcRule = z.infer<typeof OidcRule>;

/** The whole config, one document (see docs), but for what its parts say of each other. */
const Config = z.strictObject({
  projects: z._default(z.record(Name, Project), {}),
  targets: z._default(z.record(Name, Target), {}),
  tokens: z._default(z.record(Name, Token), {}),
  oidc: z._default(z.array(OidcRule), []),
  settings: z.prefault(Settings, {}),
});
export type Config = z.infer<typeof Config>;

export type ParsedConfig =
  | { readonly kind: "config"; readonly config: Config }
  | { readonly kind: "faults"; readonly faults: readonly string[] };

/**
 * Validates a config document, all of it at once. Each fault is one line: where it is, and what is wrong with it; never a
 * value.
 */
export function parseConfig(document: unknown): ParsedConfig {
  const parsed = Config.safeParse(document);
  const issues = parsed.error?.issues ?? [];
  const faults = [
    ...issues.map((issue) => `${issue.path.join(".") || "(the document)"}: ${describeIssue(issue)}`),
    ...crossFaults(document),
  ];
  return parsed.success && faults.length === 0
    ? { kind: "config", config: parsed.data }
    : { kind: "faults", faults };
}
