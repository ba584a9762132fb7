import { Ajv2020 } from "ajv/dist/2020.js";
import type { JsonObject } from "../../../lib/domain/json.ts";
import { createOpenApiDocument, PARAMETER_SCHEMAS } from "../../../lib/openapi/openapi-document.ts";
import fc from "../../support/properties.ts";
import { json } from "../http-answers.ts";
import { createHarness } from "../http-harness.ts";

/** The number of random values of each parameter. */
const RUNS = 300;
/** The same values in every run, so that enough of them are valid and enough are invalid. */
const REPEATABLE = { numRuns: RUNS, seed: 1 };

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(JSON.parse(JSON.stringify({ $id: "document", ...createOpenApiDocument() })));
const validatorOf = (schema: JsonObject) =>
  ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll("#/components", "document#/components")));

const job = "1e50bfbe-5b9e-11ef-8f52-0255ac10003e";
const api = createHarness();
const REPLY = { status: { jobID: job } };

/** Returns the errors of the parameter or field that the service reports about a request. */
async function faultsOf(name: string, method: string, url: string, body?: unknown): Promise<unknown[]> {
  const answer = await api.ask(method, url, body === undefined ? {} : { body });
  const { errors = [] } = answer.status < 400 ? { errors: [] } : json(answer);
  api.pollQueue.purge();
  return errors.filter(({ parameter, pointer }) => parameter === name || pointer?.startsWith(`#/${name}`));
}

const characters = fc.constantFrom(..."aZ09-_.:/ ,é😀\n".split(/(?:)/u));
const text = fc.oneof(
  fc.string({ unit: characters, maxLength: 8 }),
  fc.string({ unit: characters, minLength: 60, maxLength: 210 }),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,66}$/),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{110,130}$/),
  fc.constantFrom(
    "null",
    "None",
    "undefinedx",
    "NIL",
    "true",
    "https://a.example/",
    "HTTP://a",
    "http:a",
    " http://a",
  ),
  fc.constantFrom("team:", "team:checkout", ":checkout"),
  fc.constantFrom(200, 201, 100, 101, 300, 301).map((length) => "😀".repeat(length)),
  fc.constantFrom(298, 299).map((length) => `a:${"😀".repeat(length)}`),
);
const numeral = fc.oneof(
  fc.integer({ min: -5, max: 130 }).map(String),
  fc.constantFrom(
    "",
    " ",
    "01",
    "0x10",
    "1e1",
    "+1",
    "1.5",
    "10080",
    "10080.5",
    "Infinity",
    "NaN",
    "null",
    '"5"',
    "1 0",
  ),
);

/** Returns the value of a text of a query as JSON Schema sees the value. */
function toNumber(value: string): unknown {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : value;
}

/** Returns the value of a text of a query as JSON Schema sees the value. Clients write an integer without an exponent. */
function toInteger(value: string): unknown {
  return /^-?(0|[1-9]\d*)$/.test(value) ? Number(value) : value;
}

const CCE = "/v1/jobs?from=cce&";
const asText = (value: string): unknown => value;
const asList = (value: string): unknown => [value];
/** Each parameter with its requests, and with the conversion of its text to the type of its schema. */
const PARAMETERS = [
  ["project", "POST", CCE, asText],
  ["actor", "POST", CCE, asText],
  ["pipeline", "POST", CCE, asText],
  ["commit", "POST", CCE, asText],
  ["deadlineMinutes", "POST", CCE, toNumber],
  ["limit", "GET", "/v1/jobs?", toInteger],
  ["type", "GET", "/v1/jobs?", asText],
  ["actor", "GET", "/v1/jobs?", asText],
  ["text", "GET", "/v1/jobs?", asText],
  ["label", "GET", "/v1/jobs?", asList],
  ["wait", "GET", `/v1/jobs/prod/${job}?`, toInteger],
] as const;

/** Names that the token may use but the config does not contain are a different error. */
const isUnknownName = (faults: readonly unknown[]) => JSON.stringify(faults).includes("unknown");

describe("a query parameter is as strict as its schema in the OpenAPI document", () => {
  test.each(PARAMETERS)("%s of %s", async (name, method, url, convert) => {
    const validate = validatorOf(PARAMETER_SCHEMAS[name] ?? {});
    const found = { valid: 0, invalid: 0 };
    await fc.assert(
      fc.asyncProperty(convert === asText || convert === asList ? text : numeral, async (value) => {
        const isValid = validate(convert(value));
        found[isValid ? "valid" : "invalid"]++;
        const query = `${url}${name}=${encodeURIComponent(value)}`;
        const faults = await faultsOf(name, method, query, method === "POST" ? REPLY : undefined);
        expect({ value, faults: faults.length > 0 && !isUnknownName(faults) }).toEqual({
          value,
          faults: !isValid,
        });
      }),
      REPEATABLE,
    );
    expect(Math.min(found.valid, found.invalid)).toBeGreaterThan(3);
  });

  test("runUrl: the service refuses what the schema refuses, and accepts a URL that the schema accepts", async () => {
    const validate = validatorOf(PARAMETER_SCHEMAS.runUrl ?? {});
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, fc.webUrl({ withFragments: true })), async (value) => {
        const faults = await faultsOf("runUrl", "POST", `${CCE}runUrl=${encodeURIComponent(value)}`, REPLY);
        const isValid = validate(value) && URL.canParse(value);
        expect({ value, faults: faults.length > 0 }).toEqual({ value, faults: !isValid });
      }),
      REPEATABLE,
    );
  });
});

describe("a path parameter is as strict as its schema in the OpenAPI document", () => {
  test.each([
    ["project", (value: string) => `/v1/jobs/${value}/${job}`],
    ["jobId", (value: string) => `/v1/jobs/prod/${value}`],
  ])("%s", async (name, pathOf) => {
    const validate = validatorOf(PARAMETER_SCHEMAS[name] ?? {});
    // A slash ends the parameter, and a URL parser removes the segments '.' and '..'.
    const segment = text.filter((value) => /^[^/]+$/.test(value) && !/^\.{1,2}$/.test(value));
    await fc.assert(
      fc.asyncProperty(segment, async (value) => {
        const faults = await faultsOf(name, "GET", pathOf(encodeURIComponent(value)));
        expect({ value, faults: faults.length > 0 }).toEqual({ value, faults: !validate(value) });
      }),
      REPEATABLE,
    );
  });
});

describe("a field of a submission is as strict as its schema in the OpenAPI document", () => {
  const fields: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    jobId: fc.oneof(text, fc.jsonValue()),
    jobIds: fc.oneof(
      fc.array(text, { maxLength: 3 }),
      fc.constant(Array.from({ length: 101 }, () => "a")),
      fc.jsonValue(),
    ),
    notify: fc.oneof(
      fc.array(fc.constantFrom("deploys", "audit", "a b", ""), { maxLength: 52 }),
      // A random array may contain a valid name that the config does not contain.
      fc.jsonValue().filter((value) => !Array.isArray(value)),
    ),
    digest: fc.oneof(fc.boolean(), fc.jsonValue()),
    deadlineMinutes: fc.oneof(fc.double(), fc.integer({ min: -1, max: 10_081 }), fc.jsonValue()),
    context: fc.oneof(
      fc.record(
        {
          actor: text,
          commit: text,
          labels: fc.oneof(
            fc.dictionary(text, text, { maxKeys: 3 }),
            fc.constant(Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`l${i}`, ""]))),
          ),
          colour: text,
        },
        { requiredKeys: [] },
      ),
      fc.jsonValue(),
    ),
  };
  const validate = ajv.compile({ $ref: "document#/components/schemas/Submission" });

  test.each(Object.entries(fields))("%s", async (field, values) => {
    const found = { valid: 0, invalid: 0 };
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        // The request is what the service reads: JSON has no NaN and no infinite number.
        const body = JSON.parse(
          JSON.stringify(field.startsWith("jobId") ? { [field]: value } : { jobId: job, [field]: value }),
        );
        const isValid = validate(body);
        found[isValid ? "valid" : "invalid"]++;
        const { status } = await api.ask("POST", "/v1/jobs", { body });
        api.pollQueue.purge();
        expect({ body, status }).toEqual({ body, status: isValid ? 202 : 422 });
      }),
      REPEATABLE,
    );
    expect(Math.min(found.valid, found.invalid)).toBeGreaterThan(3);
  });

  test("jobId and jobIds: exactly one is needed", async () => {
    for (const body of [{}, { jobId: "a" }, { jobIds: ["a"] }, { jobId: "a", jobIds: ["a"] }]) {
      const { status } = await api.ask("POST", "/v1/jobs", { body });
      expect({ body, status }).toEqual({ body, status: validate(body) ? 202 : 422 });
    }
  });
});
