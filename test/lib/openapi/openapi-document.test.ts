import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { StatusDocument } from "../../../lib/api/status-document.ts";
import { Submission } from "../../../lib/api/submission.ts";
import { DELIVERY_REASONS } from "../../../lib/channels/reasons.ts";
import { JobEvent } from "../../../lib/channels/webhook/event.ts";
import { openApiDocument } from "../../../lib/openapi/openapi-document.ts";
import { SCHEMA_EXAMPLES } from "../../../lib/openapi/schema-examples.ts";

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
  components: { schemas: Record<string, object> };
}

const document: Document = JSON.parse(JSON.stringify(openApiDocument()));

/** A validator of JSON Schema 2020-12 that is not ours; formats are words to it. */
function validatorOf(schema: object) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "document", ...document });
  return ajv.compile(schema);
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "$ref" && typeof inner === "string" ? [inner] : referencesIn(inner),
  );
}

test("is valid OpenAPI 3.1 by an independent validator", async () => {
  expect(await new Validator().validate(JSON.parse(JSON.stringify(document)))).toMatchObject({ valid: true });
});

test("every reference leads somewhere", () => {
  for (const reference of new Set(referencesIn(document))) {
    const found = reference
      .replace(/^#\//, "")
      .split("/")
      .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
    expect({ reference, found: found !== undefined }).toEqual({ reference, found: true });
  }
});

test.each(Object.entries(SCHEMA_EXAMPLES))(
  "the example of %s is one, by the document's own schema",
  (name, example) => {
    const validate = validatorOf({ $ref: `document#/components/schemas/${name}` });
    validate(example);
    expect(validate.errors ?? []).toEqual([]);
  },
);

test("examples are also what the code itself takes and gives", () => {
  for (const [schema, name] of [
    [Submission, "Submission"],
    [StatusDocument, "StatusDocument"],
    [JobEvent, "JobEvent"],
  ] as const)
    expect(schema.safeParse(SCHEMA_EXAMPLES[name]).error).toBeUndefined();
});

test("a body with neither or both kinds of job IDs, or an unknown field, is none by the schema either", () => {
  const validate = validatorOf({ $ref: "document#/components/schemas/Submission" });
  for (const body of [{}, { jobId: "a", jobIds: ["a"] }, { jobId: "a", colour: "red" }])
    expect(validate(body)).toBe(false);
  expect(validate({ jobIds: ["a"], digest: true })).toBe(true);
});

test("every reason of an attempt is listed with its meaning, and one of another release is no fault", () => {
  const { Reason, TestResult } = document.components.schemas as Record<string, { anyOf?: unknown[] }>;
  expect(Reason?.anyOf).toEqual([
    ...DELIVERY_REASONS.map((reason) => ({
      const: reason,
      description: expect.stringMatching(/^[A-Z].{8,}\.$/),
    })),
    { type: "string" },
  ]);
  expect(TestResult).toHaveProperty("properties.reason.$ref", "#/components/schemas/Reason");
  const validate = validatorOf({ $ref: "document#/components/schemas/Reason" });
  expect([validate("egress_port"), validate("of_tomorrow"), validate(7)]).toEqual([true, true, false]);
});

test("what callers get may grow: no schema of an answer forbids new fields", () => {
  for (const [name, schema] of Object.entries(document.components.schemas))
    if (!["Submission", "Redelivery"].includes(name))
      expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false');
});
