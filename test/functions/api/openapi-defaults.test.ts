import type { ApiRequest } from "../../../lib/api/http-message.ts";
import { checkRightAndReadJobListQuery } from "../../../lib/api/list-and-health-documents.ts";
import { readSubmission } from "../../../lib/api/read-submission.ts";
import { checkRightsAndResolveSubmission } from "../../../lib/api/resolve-submission.ts";
import type { Caller } from "../../../lib/auth/caller-rights.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { isJsonObject, toObjectOrEmpty } from "../../../lib/domain/json.ts";
import fieldHelp from "../../../lib/openapi/field-help.json" with { type: "json" };
import { createOpenApiDocument } from "../../../lib/openapi/openapi-document.ts";
import { CONFIG } from "../http-config.ts";

const parsed = parseWholeConfig(CONFIG);
if (parsed.kind !== "config") throw new Error("the config of the test is not valid");
const { config } = parsed;

const caller: Caller = {
  name: "token:all",
  rights: [{ projects: ["*"], targets: ["*"], operations: ["watch", "read"] }],
};

function requestWith(body: object): ApiRequest {
  return {
    method: "POST",
    path: "/v1/jobs",
    query: new URLSearchParams(),
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    requestId: "request",
    sourceIp: "192.0.2.1",
  };
}

function resolve(body: object) {
  const read = readSubmission(requestWith(body));
  if (read.kind === "problem") throw new Error("the submission is not valid");
  const resolved = checkRightsAndResolveSubmission(read, caller, config);
  if (resolved.kind === "problem") throw new Error("the submission is not valid");
  return resolved;
}

/** Returns the values that the service uses for fields and parameters that a request does not contain. */
function usedDefaults(): Record<string, unknown> {
  const list = checkRightAndReadJobListQuery(new URLSearchParams({ project: "prod" }), caller, config);
  if (list.kind !== "list") throw new Error("the request is not valid");
  return {
    limit: list.limit,
  };
}

const { paths, components } = createOpenApiDocument();

test("the service uses the defaults of all parameters and body fields for which the document has a default", () => {
  const parameters = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap((operation) => operation.parameters)
    .map(({ name, schema }) => [name, schema] as const);
  const fields = Object.entries(components.schemas).flatMap(([name, { properties }]) =>
    Object.entries(toObjectOrEmpty(properties)).map(
      ([field, schema]) => [`${name}.${field}`, schema] as const,
    ),
  );
  const documented = [...parameters, ...fields].flatMap(([name, schema]) =>
    isJsonObject(schema) && "default" in schema ? [[name, schema.default] as const] : [],
  );
  expect(Object.fromEntries(documented)).toEqual(usedDefaults());
});

test("the defaults in words name the numbers that the service uses without a setting in the config", () => {
  const { deadlineMinutes, readyMinutes } = resolve({ jobId: "a", project: "prod", until: "ready" });
  for (const help of [fieldHelp.parameters, fieldHelp.Submission]) {
    expect(help.deadlineMinutes.default).toContain(`, \`${deadlineMinutes}\` if the config does not set it`);
    expect(help.readyMinutes.default).toContain(`, \`${readyMinutes}\` if the config does not set it`);
  }
});
