import { checkRightAndReadJobListQuery } from "../../../lib/api/list-and-health-documents.ts";
import type { Caller } from "../../../lib/auth/caller-rights.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { CONFIG } from "../../functions/http-config.ts";

const caller = (projects: string[], operation: string) =>
  ({ name: "token:ci", rights: [{ projects, targets: [], operations: [operation] }] }) as unknown as Caller;
const READER = caller(["*"], "read");

function read(query: string, by = READER, settings: object = {}) {
  const parsed = parseWholeConfig({ ...CONFIG, settings: { ...CONFIG.settings, ...settings } });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join());
  const result = checkRightAndReadJobListQuery(new URLSearchParams(query), by, parsed.config);
  if (result.kind === "list") return result;
  const { status, errors = [] } = result.problem;
  return [status, ...errors.map(({ parameter, detail }) => `${parameter}: ${detail}`)];
}

test("the query of the job list has a default project and a default limit", () => {
  expect(read("")).toMatchObject({ kind: "list", project: "prod", limit: 50, before: null });
  expect(read("project=secret&limit=100&before=x&type=CreateNode")).toMatchObject({
    project: "secret",
    limit: 100,
    before: "x",
    filter: { type: "CreateNode" },
  });
});

const LIMIT = "limit: must be an integer from 1 to 100";
test.each<[string, unknown[]]>([
  ["limit=0", [400, LIMIT]],
  ["limit=101", [400, LIMIT]],
  ["limit=1.5", [400, LIMIT]],
  ["limit=1000", [400, LIMIT]],
  ["limit=5&limit=6", [400, "limit: must be given only once"]],
  ["project=?", [400, expect.stringMatching(/^project: /)]],
  ["project=nowhere", [400, "project: unknown project 'nowhere'. Projects you may use: prod, secret."]],
  ["colour=red&state=", [400, "colour: unknown parameter", expect.stringMatching(/^state: /)]],
])("the query '%s' of the job list has the errors %j", (query, expected) => {
  expect(read(query)).toEqual(expected);
});

test("a missing project is an error only without a default project", () => {
  const MISSING =
    "project: is missing. The operator has configured no default project, so a request must name a project.";
  expect(read("", READER, { defaultProject: undefined })).toEqual([400, MISSING]);
});

test("a caller without the right gets 403, and a caller of another project gets 404, before any other error", () => {
  expect(read("limit=0", caller(["prod"], "watch"))).toEqual([403, expect.stringContaining("'read'")]);
  expect(read("limit=0&project=secret", caller(["prod"], "read"))).toEqual([404]);
  expect(read("project=?", caller(["prod"], "read"))).toEqual([400, expect.stringMatching(/^project: /)]);
});
