import { Hash } from "node:crypto";
import { jest } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import { createSignedJobPageUrlOrNull } from "../../../lib/auth/link-keys.ts";
import schemaExamples from "../../../lib/openapi/schema-examples.json" with { type: "json" };
import { SimulatedSmn } from "../../../local/cce/simulated-smn.ts";
import { json } from "../http-answers.ts";
import { CONFIG, LINKS, START, TOPIC } from "../http-config.ts";
import { createHarness, type Harness } from "../http-harness.ts";

type Examples = Readonly<Record<string, { readonly value: unknown }>>;
interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: object; readonly examples?: Examples }>>;
}
interface Operation {
  readonly operationId: string;
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

const key = { project: "prod", jobId: "a", caller: "token:all" };

const smn = new SimulatedSmn(() => START);

/** A watch that has ended, so that every operation has something to do. */
async function createEnded(): Promise<Harness> {
  const api = createHarness({
    fetchFromSmn: async (url) => ({ status: 200, text: String(smn.respond(new URL(url))?.body) }),
  });
  await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["deploys"] } });
  await api.ledger.claimPoll({ key, poll: 1, messageId: "m", now: START, leaseMs: 1000 });
  await api.ledger.endWatchUnlessTargetsAdded({
    key,
    acceptedAt: START,
    outcome: "failed",
    concludedAt: START,
    targets: ["deploys"],
    polledAt: [],
    expiresAt: START + 1e9,
  });
  return api;
}

async function operationsOf(api: Harness) {
  const document = json(await api.ask("GET", "/v1/openapi.json", { token: null }));
  const paths = document.paths as Record<string, Record<string, Operation>>;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ ...document, $id: "document" });
  const schemaFaults = (schema: object, value: unknown) => {
    const text = JSON.stringify(schema).replaceAll("#/components", "document#/components");
    const validate = ajv.compile(JSON.parse(text));
    validate(value);
    return validate.errors ?? [];
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return { operations, schemaFaults };
}

/**
 * Returns the bodies of the examples of an operation with the query that each body needs. The example of a message of
 * SMN gets a valid signature.
 */
function exampleRequests({
  operationId,
  requestBody,
}: Operation): { query: string; ask: { body?: unknown } }[] {
  const examples = Object.entries(requestBody?.content?.["application/json"]?.examples ?? {});
  if (examples.length === 0) return [{ query: "", ask: {} }];
  return examples.map(([name, { value }]) => ({
    query: name === "CceReply" ? "?from=cce" : "",
    ask: {
      body:
        operationId === "receiveSmnMessage"
          ? smn.createMessage("https://smn.eu-de.otc.t-systems.com", TOPIC, {
              message: schemaExamples.SmnMessage.message,
            })
          : value,
    },
  }));
}

function fill(path: string): string {
  const query = path.startsWith("/jobs/")
    ? (createSignedJobPageUrlOrNull(LINKS, key, START) ?? "").replace(/^[^?]*/, "")
    : "";
  return path.replace("{project}", "prod").replace("{jobId}", "a").replace("{name}", "deploys") + query;
}

test("every operation accepts its own examples and responds as the OpenAPI document says", async () => {
  const { operations, schemaFaults } = await operationsOf(await createEnded());
  expect(operations).toHaveLength(16);
  const requests = operations.flatMap((described) =>
    exampleRequests(described.operation).map((request) => ({ ...described, ...request })),
  );
  expect(requests).toHaveLength(17);
  for (const { path, method, operation, query, ask } of requests) {
    const isForBrowsers = path === "/" || path === "/jobs";
    const api = await createEnded();
    const answer = await api.ask(method, fill(path) + query, ask);
    const described = operation.responses[String(answer.status)];
    expect({ path, status: answer.status, described: described !== undefined }).toEqual({
      path,
      status: isForBrowsers ? 404 : expect.any(Number),
      described: true,
    });
    if (!isForBrowsers) expect(answer.status).toBeLessThan(300);
    const schema = described?.content?.["application/json"]?.schema;
    if (schema !== undefined && operation.operationId !== "readHealth")
      expect(schemaFaults(schema, json(answer))).toEqual([]);
  }
});

test("every problem response of an operation is in the OpenAPI document and has the form of a problem", async () => {
  const { operations, schemaFaults } = await operationsOf(await createEnded());
  for (const { path, method, operation } of operations) {
    if (operation.responses["401"] === undefined) continue;
    const asks = [
      { token: null },
      { token: "nobody" },
      { body: "{", headers: { "content-type": "text/plain" } },
      { body: "{" },
      { body: { colour: "red" } },
    ];
    for (const ask of asks) {
      const answer = await (await createEnded()).ask(method, fill(path).replace("/a", "/unknown"), ask);
      const described = operation.responses[String(answer.status)];
      expect({ path, status: answer.status, described: described !== undefined }).toMatchObject({
        described: true,
      });
      const schema = described?.content?.["application/problem+json"]?.schema;
      if (schema !== undefined) expect(schemaFaults(schema, json(answer))).toEqual([]);
    }
  }
});

test("the document and the page of the API are made once, because everyone may request them", async () => {
  const update = jest.spyOn(Hash.prototype, "update");
  const ask = async () => {
    update.mockClear();
    for (const path of ["/v1/openapi.json", "/docs"])
      expect((await createHarness().ask("GET", path, { token: null })).status).toBe(200);
    return update.mock.calls.length;
  };
  await ask();
  expect(await ask()).toBe(0);
  update.mockRestore();
});

describe("the server URL of the OpenAPI document", () => {
  const serversOf = async (api: Harness) =>
    json(await api.ask("GET", "/v1/openapi.json", { token: null })).servers;

  it("is settings.publicUrl when it is configured", async () => {
    expect(await serversOf(createHarness())).toEqual([{ url: "https://notifier.example.com" }]);
  });

  it("is the URL of the API without settings.publicUrl and while the config has errors", async () => {
    const { publicUrl: _, ...settings } = CONFIG.settings;
    const deployed = [{ url: expect.stringMatching(/^https:\/\/default\.example\.com\/?$/) }];
    expect(await serversOf(createHarness({ config: { ...CONFIG, settings } }))).toEqual(deployed);
    const readConfig = () => Promise.reject(new Error("the config has faults"));
    expect(await serversOf(createHarness({ readConfig }))).toEqual(deployed);
  });
});

test("every operation with a token rejects an unknown parameter", async () => {
  const { operations } = await operationsOf(await createEnded());
  const forCallers = operations.filter(({ operation }) => operation.responses["401"] !== undefined);
  expect(forCallers.length).toBeGreaterThan(4);
  for (const { path, method, operation } of forCallers) {
    const api = await createEnded();
    const sent = () => [api.pollQueue.state.sent, api.notifyQueue.state.sent, api.deliveries.length];
    const before = sent();
    const [request] = exampleRequests(operation);
    const answer = await api.ask(method, `${fill(path)}?colour=red`, request?.ask);
    expect({ path, method, status: answer.status }).toEqual({
      path,
      method,
      status: operation.operationId === "acceptJobs" ? 422 : 400,
    });
    expect(json(answer).errors).toEqual([
      { parameter: "colour", detail: expect.stringContaining("unknown parameter") },
    ]);
    expect(sent()).toEqual(before);
    expect(operation.responses).toHaveProperty(String(answer.status));
  }
});

test("the example of a submission uses names of the test config", () => {
  expect(schemaExamples.Submission).toMatchObject({ project: "prod", notify: ["deploys"] });
});
