import * as z from "zod";

/** A parameter of the config's path: `projects/prod` and its JSON text. */
export interface ConfigEntry {
  readonly name: string;
  readonly value: string;
}

const Document = z.looseObject({
  projects: z.record(z.string(), z.unknown()).default({}),
  targets: z.record(z.string(), z.unknown()).default({}),
  tokens: z.record(z.string(), z.unknown()).default({}),
  oidc: z.array(z.unknown()).default([]),
  settings: z.unknown().optional(),
});

/** Takes a config document apart into the parameters it would be on AWS, sorted by name. Throws when it is none. */
export function configEntries(document: unknown): readonly ConfigEntry[] {
  const { projects, targets, tokens, oidc, settings } = Document.parse(document);
  const entries = Object.entries({ projects, targets, tokens }).flatMap(([kind, named]) =>
    Object.entries(named).map(([name, value]) => ({ name: `${kind}/${name}`, value: JSON.stringify(value) })),
  );
  const rules = oidc.map((rule, i) => ({ name: `oidc/${i}`, value: JSON.stringify(rule) }));
  const rest = settings === undefined ? [] : [{ name: "settings", value: JSON.stringify(settings) }];
  return [...entries, ...rules, ...rest].sort((a, b) => (a.name < b.name ? -1 : 1));
}
