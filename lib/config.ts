import * as z from "zod/mini";
import { wordsOf } from "./english.ts";
import { httpUrl, NonEmpty } from "./fields.ts";
import { Name } from "./job.ts";
import { Project } from "./projects.ts";
import { Settings } from "./settings.ts";
import { Target } from "./targets.ts";

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

/** The whole config, one document (see docs): validated at once, so that all faults are told together. */
export const Config = z
  .strictObject({
    projects: z._default(z.record(Name, Project), {}),
    targets: z._default(z.record(Name, Target), {}),
    tokens: z._default(z.record(Name, Token), {}),
    oidc: z._default(z.array(OidcRule), []),
    settings: z.prefault(Settings, {}),
  })
  .check(
    z.superRefine((config, check) => {
      const known = (kind: "projects" | "targets", name: string | undefined, path: (string | number)[]) => {
        if (name === undefined || name === "*" || Object.hasOwn(config[kind], name)) return;
        const names = Object.keys(config[kind]).join(", ") || "none";
        check.addIssue({
          code: "custom",
          path,
          message: `names '${name}', which is not among ${kind} (${names})`,
        });
      };
      const knownScopes = (scope: { projects: string[]; targets: string[] }, path: (string | number)[]) => {
        for (const [i, name] of scope.projects.entries()) known("projects", name, [...path, "projects", i]);
        for (const [i, name] of scope.targets.entries()) known("targets", name, [...path, "targets", i]);
      };
      for (const [name, token] of Object.entries(config.tokens)) knownScopes(token, ["tokens", name]);
      for (const [i, rule] of config.oidc.entries()) knownScopes(rule, ["oidc", i]);
      const { settings } = config;
      known("projects", settings.defaultProject, ["settings", "defaultProject"]);
      known("targets", settings.fallbackTarget, ["settings", "fallbackTarget"]);
      for (const [i, name] of settings.defaultTargets.entries())
        known("targets", name, ["settings", "defaultTargets", i]);
    }),
  );
export type Config = z.infer<typeof Config>;

export type ParsedConfig =
  | { readonly kind: "config"; readonly config: Config }
  | { readonly kind: "faults"; readonly faults: readonly string[] };

/** Validates a config document. Each fault is one line: where it is, and what is wrong with it; never a value. */
export function parseConfig(document: unknown): ParsedConfig {
  const parsed = Config.safeParse(document);
  if (parsed.success) return { kind: "config", config: parsed.data };
  return {
    kind: "faults",
    faults: parsed.error.issues.map(
      (issue) => `${issue.path.join(".") || "(the document)"}: ${wordsOf(issue)}`,
    ),
  };
}
