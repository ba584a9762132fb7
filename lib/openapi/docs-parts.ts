import { type JsonObject, toObjectOrEmpty } from "../domain/json.ts";
import { type Html, html, type Part } from "../pages/html.ts";
import { EXAMPLES, FIELD_HELP, type FieldHelp, type OpenApiOperation } from "./openapi-document.ts";

type Schemas = Readonly<Record<string, JsonObject>>;

/**
 * Renders text in which code is between backticks. If the text between backticks is the name of a schema, this text
 * becomes a link.
 */
export function renderTextWithCodeAndSchemaLinks(text: string, schemas: Schemas = {}): readonly Part[] {
  return text.split("`").map((part, index) => {
    if (index % 2 === 0) return part;
    // The browser may break a line after each dot in a name, as in `settings.defaultProject`.
    const names = part.split(/(?<=\w\.)(?=\w)/).map((name, position) => [position > 0 && html`<wbr>`, name]);
    const code = html`<code>${names}</code>`;
    return Object.hasOwn(schemas, part) ? html`<a href="#schema-${part}">${code}</a>` : code;
  });
}

/**
 * Renders several lines of code as a block. If a line is too long, the block has a scroll bar that also works with the
 * keyboard.
 */
export function renderCodeBlock(text: string): Html {
  return html`<pre tabindex="0">${text}</pre>`;
}

/** Renders a table. On a narrow page, the heading of the column is also in front of the text of each cell. */
export function renderTable(
  label: string,
  heads: readonly string[],
  rows: readonly (readonly Part[])[],
): Html {
  const cells = (row: readonly Part[]) =>
    row.map((cell, index) =>
      index === 0
        ? html`<th scope="row">${cell}</th>`
        : html`<td data-head="${heads[index] ?? ""}">${cell}</td>`,
    );
  return html`<div class="wide" tabindex="0" role="region" aria-label="${label}"><table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${cells(row)}</tr>`)}</tbody></table></div>`;
}

/** Renders a list of terms and meanings. A link can point to each term, because each term has an HTML ID. */
export function renderDefinitions(prefix: string, meanings: Readonly<Record<string, string>>): Html {
  return html`<dl>${Object.entries(meanings).map(
    ([term, text]) =>
      html`<dt id="${prefix}-${term}">${term}</dt><dd>${renderTextWithCodeAndSchemaLinks(text)}</dd>`,
  )}</dl>`;
}

const REQUEST_HEADS = ["Type", "Required", "Default", "Example", "Description"];

export function renderParameterTable(label: string, operation: OpenApiOperation, schemas: Schemas): Html {
  const help = FIELD_HELP.parameters ?? {};
  return renderTable(
    label,
    ["Name", "In", ...REQUEST_HEADS],
    operation.parameters.map(({ name, in: location, description, required = false, schema }) => [
      html`<code>${name}</code>`,
      location,
      ...requestCells(toObjectOrEmpty(schema), required, { ...help[name], description }, schemas),
    ]),
  );
}

/** Renders the fields of a request body. If the body can have several forms, each form gets its own table. */
export function renderTableOfEachBodyForm(label: string, name: string, schemas: Schemas): readonly Html[] {
  const { anyOf } = schemas[name] ?? {};
  const names = Array.isArray(anyOf) ? anyOf.map((form) => schemaNameOfReference(form.$ref)) : [name];
  return names.map((form) => {
    const schema = schemas[form] ?? {};
    const rows = requestFields(form, "", EXAMPLES[form], schemas);
    return html`<p>${renderTextWithCodeAndSchemaLinks(String(schema.description ?? ""))}</p>
${renderTable(`${label}: ${form}`, ["Field", ...REQUEST_HEADS], rows)}`;
  });
}

/**
 * @param body the example for the body, or for an object inside the body
 */
function requestFields(
  name: string,
  path: string,
  body: unknown,
  schemas: Schemas,
): readonly (readonly Part[])[] {
  return fieldsOf(schemas[name] ?? {}).flatMap(({ field, property, isRequired }) => {
    const inner = typeof property.$ref === "string" ? schemaNameOfReference(property.$ref) : "";
    const example = toObjectOrEmpty(body)[field];
    const { description = schemas[inner]?.description } = property;
    const help = { example, description: String(description ?? ""), ...FIELD_HELP[name]?.[field] };
    return [
      [html`<code>${path}${field}</code>`, ...requestCells(property, isRequired, help, schemas)],
      ...requestFields(inner, `${path}${field}.`, example, schemas),
    ];
  });
}

function requestCells(
  schema: JsonObject,
  isRequired: boolean,
  help: FieldHelp & { readonly description: string },
  schemas: Schemas,
): readonly Part[] {
  const { example, description } = help;
  const fallback = help.default ?? ("default" in schema ? jsonInBackticks(schema.default) : "–");
  return [
    renderTextWithCodeAndSchemaLinks(describeTypeAndLimits(schema), schemas),
    isRequired ? "yes" : "no",
    renderTextWithCodeAndSchemaLinks(isRequired ? "–" : fallback),
    html`<code>${typeof example === "string" ? example : JSON.stringify(example)}</code>`,
    renderTextWithCodeAndSchemaLinks(description),
  ];
}

export function renderResponseFieldTable(name: string, schemas: Schemas): Html {
  const rows = fieldsOf(schemas[name] ?? {}).map(({ field, property, isRequired }) => [
    html`<code>${field}</code>`,
    renderTextWithCodeAndSchemaLinks(describeTypeAndLimits(property), schemas),
    isRequired ? "yes" : "no",
    renderTextWithCodeAndSchemaLinks(String(property.description ?? "")),
  ]);
  return renderTable(`Fields of ${name}`, ["Field", "Type", "Always present", "Description"], rows);
}

function fieldsOf({ properties, required }: JsonObject) {
  return Object.entries(toObjectOrEmpty(properties)).map(([field, property]) => {
    const isRequired = Array.isArray(required) && required.includes(field);
    return { field, property: toObjectOrEmpty(property), isRequired };
  });
}

/**
 * Describes the type of a JSON Schema and its limits in words. In the text, code and schema names are between
 * backticks.
 */
export function describeTypeAndLimits(schema: JsonObject): string {
  const { $ref, type, items, oneOf, anyOf, additionalProperties } = schema;
  if (typeof $ref === "string") return `\`${schemaNameOfReference($ref)}\``;
  if (Array.isArray(schema.enum)) return schema.enum.map(jsonInBackticks).join(", ");
  if (schema.const !== undefined) return jsonInBackticks(schema.const);
  const forms =
    oneOf ?? anyOf ?? (Array.isArray(type) ? type.map((one) => ({ ...schema, type: one })) : null);
  if (Array.isArray(forms))
    return [...new Set(forms.map((form) => describeTypeAndLimits(toObjectOrEmpty(form))))].join(" or ");
  switch (type) {
    case "array":
      return `array${limits(schema, "Items")} of ${describeTypeAndLimits(toObjectOrEmpty(items))}`;
    case "object":
      return additionalProperties !== undefined && additionalProperties !== false
        ? "object with names"
        : "object";
    case "string":
      return schema.format === "date-time" ? "string (time)" : `string${limits(schema, "Length")}`;
    default:
      return `${String(type)}${limits(schema, "imum")}`;
  }
}

export function schemaNameOfReference(reference: string): string {
  return reference.replace("#/components/schemas/", "");
}

export const jsonInBackticks = (value: unknown): string => `\`${JSON.stringify(value)}\``;

function limits(schema: JsonObject, unit: "Items" | "Length" | "imum"): string {
  const min = Number(schema[`min${unit}`] ?? 0);
  const max = schema[`max${unit}`];
  const of = { Items: " items", Length: " characters", imum: "" }[unit];
  if (schema.exclusiveMinimum !== undefined)
    return ` (more than ${schema.exclusiveMinimum}${max === undefined ? "" : `, at most ${max}`})`;
  if (max !== undefined) return ` (${min} to ${max}${of})`;
  return min > 1 ? ` (at least ${min}${of})` : "";
}
