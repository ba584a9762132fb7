import * as z from "zod";
import { Target } from "../../lib/channels/registry.ts";
import { createConfigDocumentSchema } from "../../lib/config/config.ts";
import { Project } from "../../lib/config/projects.ts";
import { isObject, type JsonObject, toObjectOrEmpty } from "../../lib/domain/json.ts";
import descriptions from "./descriptions.json" with { type: "json" };

/** The texts about one key of the config. */
export interface Description {
  readonly text: string;
  readonly example?: unknown;
}

/** The texts about each key of the config. A key is a path such as `settings.poll` or `projects.*.auth(aksk)`. */
export const DESCRIPTIONS: Readonly<Record<string, Description>> = descriptions;

/**
 * Calls `visit` for each key of the config, with its JSON Schema and whether the key is required. The path of a key has
 * `*` for a name that the operator chooses, and `[]` for an item of an array. A schema with several forms is visited
 * once as a whole, and once for each form with the kind in parentheses.
 */
export function visitKeys(
  schema: JsonObject,
  visit: (path: string, key: JsonObject, isRequired: boolean, kind: string | null) => void,
  path = "",
  kind: string | null = null,
): void {
  const required = Array.isArray(schema.required) ? schema.required : [];
  for (const [name, value] of Object.entries(toObjectOrEmpty(schema.properties))) {
    const key = toObjectOrEmpty(value);
    const keyPath = path === "" ? name : `${path}.${name}`;
    visit(keyPath, key, required.includes(name), kind);
    visitValue(key, visit, keyPath, kind);
  }
}

function visitValue(
  schema: JsonObject,
  visit: Parameters<typeof visitKeys>[1],
  path: string,
  kind: string | null,
): void {
  visitKeys(schema, visit, path, kind);
  for (const form of formsOf(schema)) visitKeys(form, visit, path, kindOf(form));
  if (isObject(schema.items) && isObject(schema.items.properties))
    visitKeys(schema.items, visit, `${path}[]`, kind);
  const { additionalProperties: named } = schema;
  if (isObject(named) && (isObject(named.properties) || formsOf(named).length > 0))
    visitValue(named, visit, `${path}.*`, kind);
}

const formsOf = ({ oneOf }: JsonObject): readonly JsonObject[] =>
  Array.isArray(oneOf) ? oneOf.map(toObjectOrEmpty).filter(({ properties }) => isObject(properties)) : [];

/** Returns the value of the key `kind`, which distinguishes the forms of a target and of credentials. */
export function kindOf(form: JsonObject): string | null {
  const { const: kind } = toObjectOrEmpty(toObjectOrEmpty(form.properties).kind);
  return typeof kind === "string" ? kind : null;
}

/**
 * Returns the JSON Schema (version 2020-12) of a config file, with a description and an example for each key. With this
 * schema, editors complete and check a config.
 */
export function createConfigSchema(): JsonObject {
  const schema = z.toJSONSchema(createConfigDocumentSchema({ project: Project, target: Target }), {
    io: "input",
    override: ({ jsonSchema }) => {
      // These limits only exclude integers that JavaScript cannot represent.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  const { $schema, ...rest } = schema;
  const described = {
    $schema,
    title: "Config of the CCE job notifier",
    ...rest,
    properties: { $schema: { type: "string" }, ...toObjectOrEmpty(rest.properties) },
  };
  visitKeys(described, (path, key) => {
    const description = DESCRIPTIONS[path];
    if (description === undefined) return;
    Object.assign(key, { description: description.text });
    if (description.example !== undefined) Object.assign(key, { examples: [description.example] });
  });
  return described;
}
