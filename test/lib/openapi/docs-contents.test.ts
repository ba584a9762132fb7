import { readFileSync } from "node:fs";
import { PROBLEMS } from "../../../lib/api/problem-response.ts";
import { ROUTES } from "../../../lib/api/routes.ts";
import { renderDocsPage } from "../../../lib/openapi/docs-page.ts";
import { createOpenApiDocument } from "../../../lib/openapi/openapi-document.ts";

const document = createOpenApiDocument();
const { html } = renderDocsPage(document, "let a;");
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
const sectionOf = (id: string): string =>
  html.match(new RegExp(`<section id="${id}">[\\s\\S]*?</section>`))?.[0] ?? "";
/** Returns the cells of the rows of the tables whose label starts with a text, without tags. */
const rowsOf = (label: string): string[][] =>
  [
    ...html.matchAll(
      new RegExp(`aria-label="${label}[^"]*"><table>[\\s\\S]*?<tbody>([\\s\\S]*?)</tbody>`, "g"),
    ),
  ]
    .flatMap(([, body = ""]) => body.split("</tr>").slice(0, -1))
    .map((row) =>
      row
        .split(/<\/t[hd]>/)
        .slice(0, -1)
        .map((cell) => cell.replace(/<[^>]*>/g, "")),
    );

test("the table of contents of the API reference shows the method and the path of every operation", () => {
  const contents = html.match(/<nav [\s\S]*?<\/nav>/)?.[0] ?? "";
  for (const { method, path } of Object.values(ROUTES))
    expect(contents).toContain(`<code>${method} ${path}</code>`);
});

test("every parameter has a row with its type, whether it is required, its default, an example and a description", () => {
  let count = 0;
  for (const { summary, parameters } of operations) {
    const rows = parameters.length === 0 ? [] : rowsOf(`Parameters of ${summary}"`.slice(0, -1));
    expect(rows.map(([name]) => name)).toEqual(parameters.map(({ name }) => name));
    for (const [name, location, type, required, fallback, example, description] of rows) {
      count++;
      expect({ name, location }).toEqual({ name, location: expect.stringMatching(/^(path|query|header)$/) });
      expect({ name, type }).toEqual({
        name,
        type: expect.stringMatching(/^(string|number|integer|array|&quot;|Reason)/),
      });
      expect(required).toMatch(/^(yes|no)$/);
      expect({ name, fallback: fallback === "" }).toEqual({ name, fallback: false });
      expect({ name, example: example === "" }).toEqual({ name, example: false });
      expect(description).toMatch(/\.$/);
    }
  }
  expect(count).toBeGreaterThan(30);
});

test.each(["Watch jobs", "Send an outcome again", "Send what a target missed"])(
  "every field of the request body of '%s' has a type, whether it is required, a default, an example and a description",
  (summary) => {
    const rows = rowsOf(`Request body of ${summary}`);
    expect(rows.length).toBeGreaterThan(0);
    for (const [field, type, required, fallback, example, description] of rows) {
      for (const cell of [type, required, fallback, example])
        expect({ field, cell }).toEqual({ field, cell: expect.stringMatching(/./) });
      expect({ field, description }).toEqual({ field, description: expect.stringMatching(/\.$/) });
    }
  },
);

test("the column of the default shows the default of the schema as JSON, and other defaults in words", () => {
  const defaultIn = (rows: readonly string[][], name: string, column: number) =>
    rows.find(([first]) => first === name)?.[column];
  expect(defaultIn(rowsOf("Parameters of List the jobs of a project"), "limit", 4)).toBe("50");
  expect(defaultIn(rowsOf("Request body of Send what a target missed"), "dryRun", 3)).toBe("false");
  const submission = rowsOf("Request body of Watch jobs: Submission");
  expect(defaultIn(submission, "digest", 3)).toBe("false");
  expect(defaultIn(submission, "deadlineMinutes", 3)).toMatch(/^settings\.deadlineMinutes, 120 if /);
  expect(defaultIn(submission, "operation.action", 3)).toBe("&quot;install&quot; if the kind is addon");
});

test("the request body of a submission also lists the fields of its objects", () => {
  const rows = rowsOf("Request body of Watch jobs: Submission");
  const fieldsOf = (name: string) => Object.keys(document.components.schemas[name]?.properties ?? {});
  const fields = rows.map(([field = ""]) => field);
  expect(fields.filter((field) => !field.includes("."))).toEqual(fieldsOf("Submission"));
  expect(fields.filter((field) => field.includes("."))).toEqual(
    expect.arrayContaining([
      ...fieldsOf("SubmissionContext").map((field) => `context.${field}`),
      ...fieldsOf("Operation").map((field) => `operation.${field}`),
    ]),
  );
  expect(rows.find(([field]) => field === "deadlineMinutes")).toEqual([
    "deadlineMinutes",
    "number (more than 0, at most 10080)",
    "no",
    "settings.deadlineMinutes, 120 if the config does not set it",
    "120",
    expect.stringContaining("time limit"),
  ]);
});

test.each(Object.entries(ROUTES))("%s has a request to copy with a button", (id, { method, path }) => {
  const commands = [
    ...sectionOf(id).matchAll(/<pre tabindex="0">(curl[^<]*)<\/pre><button type="button" data-copy=""/g),
  ];
  expect(commands.length).toBeGreaterThan(0);
  for (const [, command = ""] of commands) {
    expect(command).toContain(
      method === "GET" ? "curl &quot;$NOTIFIER_URL" : `curl -X ${method} &quot;$NOTIFIER_URL`,
    );
    expect(command).toContain(path.split("{")[0]);
    expect(command).not.toContain("{project}");
    expect(command.includes("authorization: Bearer $NOTIFIER_TOKEN")).toBe(
      path.startsWith("/v1/") && !/openapi|health|smn/.test(path),
    );
  }
});

test("an operation lists exactly the kinds of problems that it can answer with, as links to their help", () => {
  for (const { operationId, responses } of operations) {
    const names = Object.entries(responses).flatMap(([status, { content }]) =>
      /^[45]/.test(status)
        ? Object.values(content ?? {}).flatMap((body) => Object.keys(body.examples ?? {}))
        : [],
    );
    const kinds = names.filter((name) => Object.hasOwn(PROBLEMS, name));
    const links = [...sectionOf(operationId).matchAll(/href="#problem-([a-z-]+)"/g)].map(([, kind]) => kind);
    expect(links).toEqual(kinds);
  }
});

test("every problem has an example", () => {
  for (const kind of Object.keys(PROBLEMS))
    expect(html.split(`id="problem-${kind}"`)[1]?.split("<h3")[0]).toContain(
      `&quot;type&quot;: &quot;/docs#problem-${kind}&quot;`,
    );
});

test("every value of every state has a meaning", () => {
  const states = JSON.parse(readFileSync("lib/openapi/state-help.json", "utf8"));
  const enums = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
    Array.isArray(schema.enum) ? [[name, schema.enum] as const] : [],
  );
  expect(enums.length).toBeGreaterThan(7);
  for (const [name, values] of enums) {
    expect({ name, values: Object.keys(states[name] ?? {}).sort() }).toEqual({
      name,
      values: [...values].sort(),
    });
    for (const value of values)
      expect(html).toMatch(new RegExp(`id="${name}-${value}">${value}</dt><dd>[^<]{8,}`));
  }
});

test("every link inside the page has a target", () => {
  const ids = new Set([...html.matchAll(/id="([^"]+)"/g)].map(([, id]) => id));
  const links = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
  expect(links.length).toBeGreaterThan(60);
  expect(links.filter((link) => !ids.has(link))).toEqual([]);
});
