import * as z from "zod";
import { Target } from "../../lib/channels/registry.ts";
import { createConfigDocumentSchema } from "../../lib/config/config.ts";
import { Project } from "../../lib/config/projects.ts";
import { isJsonObject, type JsonObject, toObjectOrEmpty } from "../../lib/domain/json.ts";
import descriptions from "./descriptions.json" with { type: "json" };

/** The description and the example of one config key. */
export interface Description {
  readonly text: string;
  readonly example?: unknown;
}

/**
 * A map from the path of each config key to its description. The path of a config key is, for example, `settings.poll`
 * or `projects.*.auth(aksk)`.
 */
export const DESCRIPTIONS: Readonly<Record<string, Description>> = descriptions;

/**
 * Calls `visit` for each key in the schema of the config. `visit` gets the path of the key, the key's JSON Schema, and
 * whether the key is required. In a path such as `targets.*.url`, `*` is a name that the operator chooses. In a path
 * such as `oidc[].issuer`, `[]` is an item of an array. For targets and credentials, the function visits the keys of
 * all kinds.
 */
export function visitConfigKeys(
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
  visit: Parameters<typeof visitConfigKeys>[1],
  path: string,
  kind: string | null,
): void {
  visitConfigKeys(schema, visit, path, kind);
  for (const form of formsOf(schema)) visitConfigKeys(form, visit, path, kindOf(form));
  if (isJsonObject(schema.items) && isJsonObject(schema.items.properties))
    visitConfigKeys(schema.items, visit, `${path}[]`, kind);
  const { additionalProperties: named } = schema;
  if (isJsonObject(named) && (isJsonObject(named.properties) || formsOf(named).length > 0))
    visitValue(named, visit, `${path}.*`, kind);
}

const formsOf = ({ oneOf }: JsonObject): readonly JsonObject[] =>
  Array.isArray(oneOf) ? oneOf.map(toObjectOrEmpty).filter(({ properties }) => isJsonObject(properties)) : [];

/** Returns the kind of a target or of credentials, which is the value of the key `kind`. */
export function kindOf(form: JsonObject): string | null {
  const { const: kind } = toObjectOrEmpty(toObjectOrEmpty(form.properties).kind);
  return typeof kind === "string" ? kind : null;
}

const HTTP_URL: JsonObject = { pattern: "^[Hh][Tt][Tt][Pp][Ss]?:" };
/**
 * The rules of the config that zod checks with functions. `z.toJSONSchema` cannot convert functions, so this map
 * contains the same rules as JSON Schema.
 */
const RULES: Readonly<Record<string, JsonObject>> = {
  projects: { additionalProperties: { anyOf: [{ required: ["region"] }, { required: ["endpoint"] }] } },
  "projects.*.endpoint": HTTP_URL,
  "targets.*.url": { format: "uri" },
  // The example config contains the placeholder `<whsec_…>`, so the pattern allows `<` at the beginning.
  "targets.*.secrets": { items: { pattern: "^<?whsec_" } },
  "oidc[].issuer": HTTP_URL,
  "oidc[].claims": { minProperties: 1 },
  "settings.publicUrl": HTTP_URL,
};

/** The two forms of a reference in a config file: to an environment variable or to another file. */
const REFERENCE: JsonObject = {
  anyOf: ["$env", "$file"].map((key) => ({
    type: "object",
    properties: { [key]: { type: "string" } },
    required: [key],
    additionalProperties: false,
  })),
};

/** Returns a JSON Schema that accepts a reference to an environment variable or to a file in place of each string. */
function allowReferences(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (key === "properties") return [key, mapValues(toObjectOrEmpty(value), allowReferences)];
    if (key === "anyOf" || key === "oneOf")
      return [
        key,
        Array.isArray(value) ? value.map((form) => allowReferences(toObjectOrEmpty(form))) : value,
      ];
    const isSchema = key === "items" || key === "additionalProperties";
    return [key, isSchema && isJsonObject(value) ? allowReferences(value) : value];
  });
  const { description, examples, ...rest } = Object.fromEntries(entries);
  if (rest.type !== "string" || rest.const !== undefined) return Object.fromEntries(entries);
  return { description, examples, anyOf: [rest, { $ref: "#/$defs/reference" }] };
}

const mapValues = (schemas: JsonObject, change: (schema: JsonObject) => JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(schemas).map(([name, value]) => [name, change(toObjectOrEmpty(value))]));

/**
 * Returns the JSON Schema of a config file. In a config file, a reference may replace any string. A text editor can use
 * this JSON Schema to check a config file and to suggest its keys.
 */
export function createConfigFileSchema(): JsonObject {
  return Object.assign(allowReferences(createConfigSchema()), { $defs: { reference: REFERENCE } });
}

/**
 * Returns the JSON Schema (version 2020-12) of a config, with a description and an example for each key.
 */
export function createConfigSchema(): JsonObject {
  const schema = z.toJSONSchema(createConfigDocumentSchema({ project: Project, target: Target }), {
    io: "input",
    override: ({ jsonSchema }) => {
      // zod adds the maximum `Number.MAX_SAFE_INTEGER` to every integer, although the config does not limit these
      // integers.
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
  visitConfigKeys(described, (path, key) => {
    for (const [keyword, rule] of Object.entries(RULES[path] ?? {}))
      Object.assign(key, { [keyword]: isJsonObject(rule) ? Object.assign({}, key[keyword], rule) : rule });
    const description = DESCRIPTIONS[path];
    if (description === undefined) return;
    Object.assign(key, { description: description.text });
    if (description.example !== undefined) Object.assign(key, { examples: [description.example] });
  });
  return described;
}
