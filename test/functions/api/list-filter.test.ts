import { createHash } from "node:crypto";
import { readJobFilterAndErrors } from "../../../lib/api/job-filter.ts";
import { JobList } from "../../../lib/api/list-and-health-documents.ts";
import { createSignedJobListUrlOrNull } from "../../../lib/auth/link-keys.ts";
import { escapeHtml } from "../../../lib/domain/clean-text.ts";
import type { Context } from "../../../lib/domain/context-and-labels.ts";
import { json } from "../http-answers.ts";
import { CONFIG, LINKS, START } from "../http-config.ts";
import { createHarness, type Harness } from "../http-harness.ts";

const DAY_MS = 86_400_000;
const RIGHTS = { projects: ["prod"], targets: [], operations: ["read"] };
const NAMES = ["anna", "ben"];
const TOKENS = Object.fromEntries(
  NAMES.map((name) => [name, { ...RIGHTS, sha256: createHash("sha256").update(name).digest("hex") }]),
);

const FAILED = {
  phase: "Failed",
  jobType: "CreateNode",
  resourceName: "pool-a-1",
  cause: "3 of 3 nodes failed: the flavor is sold out",
  durationSeconds: 90.5,
};

interface Stored {
  readonly jobId: string;
  readonly caller: string;
  readonly context: Context;
  readonly isFailed: boolean;
  readonly day: number;
}

const STORED: readonly Stored[] = [
  {
    jobId: "j0",
    caller: "anna",
    context: { actor: "Anna", pipeline: "deploy", labels: { team: "checkout", "a:b": "c" } },
    isFailed: true,
    day: 0,
  },
  {
    jobId: "j1",
    caller: "anna",
    context: { actor: "carl", labels: { team: "checkout", env: "stage" } },
    isFailed: false,
    day: 1,
  },
  {
    jobId: "j2",
    caller: "ben",
    context: { actor: "ben", pipeline: "secret-pipeline", labels: { team: "checkout" } },
    isFailed: true,
    day: 2,
  },
];

/**
 * Creates watches of two callers. Each watch was accepted one day after the watch before.
 * @param stored the watches. Without this parameter, three watches are created.
 */
async function createListed(pages = {}, stored = STORED): Promise<Harness> {
  const settings = { ...CONFIG.settings, pages };
  const api = createHarness({ config: { ...CONFIG, settings, tokens: TOKENS } });
  for (const { jobId, caller, context, isFailed, day } of stored) {
    const key = { project: "prod", jobId, caller: `token:${caller}` };
    const at = START + day * DAY_MS;
    await api.ledger.startOrExtendWatch({
      ...key,
      acceptedAt: at,
      deadlineAt: at + 1e9,
      nextPollAt: at + 1e6,
      targets: [],
      context,
      callbacks: {},
      digestId: null,
      traceparent: null,
      expiresAt: at + 1e10,
    });
    if (!isFailed) continue;
    const ending = { key, acceptedAt: at, concludedAt: at, targets: [], polledAt: [], expiresAt: at + 1e10 };
    await api.ledger.endWatchUnlessTargetsAdded({ ...ending, outcome: "failed", job: FAILED });
  }
  return api;
}

async function listOf(token: string, query: string) {
  const answer = await (await createListed()).ask("GET", `/v1/jobs?${query}`, { token });
  expect([query, answer.status]).toEqual([query, 200]);
  return JobList.parse(json(answer)).jobs;
}

const idsOf = async (token: string, query: string) => (await listOf(token, query)).map(({ jobId }) => jobId);

describe("the filters of GET /v1/jobs", () => {
  test.each([
    ["type=createnode", ["j2", "j0"]],
    ["type=Create", []],
    ["label=team:checkout", ["j1", "j0"]],
    ["label=team:checkout&label=env:stage", ["j1"]],
    ["label=a:b:c", ["j0"]],
    ["label=team:check", []],
    ["actor=anna", ["j0"]],
    ["actor=ann", []],
    ["text=SOLD%20pool-a", ["j2", "j0"]],
    ["text=deploy%20sold", ["j0"]],
    ["text=sold%20stage", []],
    ["since=2026-11-24", ["j2", "j1"]],
    ["to=2026-11-24", ["j1", "j0"]],
    ["since=2026-11-24T09:00:00Z&to=2026-11-24T09:00:00Z", ["j1"]],
    ["since=2026-11-24T10:00:00%2B01:00&to=2026-11-24T04:00:00-05:00", ["j1"]],
    ["since=2026-11-26", []],
    ["state=failed&type=CreateNode&actor=Anna&label=team:checkout&text=sold&to=2026-11-23", ["j0"]],
  ])("?%s finds the right jobs", async (query, ids) => {
    expect(await idsOf("anna", query)).toEqual(ids);
  });

  test.each(["label=team:checkout", "actor=ben", "text=secret-pipeline"])(
    "?%s finds nothing in the context of another caller's watch",
    async (query) => {
      expect(await idsOf("anna", query)).not.toContain("j2");
      expect(await idsOf("ben", query)).toEqual(["j2"]);
    },
  );

  test("shows the cause and the duration of every job, and the actor and the pipeline of the caller's own jobs", async () => {
    const [other, running, own] = await listOf("anna", "");
    const ended = { cause: FAILED.cause, durationSeconds: 90.5 };
    expect(other).toMatchObject({ ...ended, jobId: "j2", actor: null, pipeline: null });
    expect(running).toMatchObject({ cause: null, durationSeconds: null, actor: "carl", pipeline: null });
    expect(own).toMatchObject({ ...ended, jobId: "j0", actor: "Anna", pipeline: "deploy" });
  });

  test("the pages of a filter contain each job once", async () => {
    const api = await createListed();
    const found: string[] = [];
    for (let before = "", pages = 0; pages < 9; pages += 1) {
      const query = `label=team:checkout&to=2026-11-24&limit=1${before}`;
      const list = JobList.parse(json(await api.ask("GET", `/v1/jobs?${query}`, { token: "anna" })));
      found.push(...list.jobs.map(({ jobId }) => jobId));
      if (list.next === null) break;
      before = `&before=${list.next}`;
    }
    expect(found).toEqual(["j1", "j0"]);
  });

  test.each([
    ["since=yesterday", "since"],
    ["to=2026-13-01", "to"],
    ["since=2026-11-24T10:00:00+01:00", "since"],
    ["since=2026-11-24T10:00:00", "since"],
    ["label=team", "label"],
    ["label=:x", "label"],
    ["type=", "type"],
    ["actor=a&actor=b", "actor"],
    [`text=${"x".repeat(301)}`, "text"],
    [Array.from({ length: 21 }, (_, i) => `label=a:${i}`).join("&"), "label"],
  ])("?%s is an invalid request", async (query, parameter) => {
    const answer = await (await createListed()).ask("GET", `/v1/jobs?${query}`, { token: "anna" });
    expect(answer.status).toBe(400);
    expect(json(answer).errors.map((error) => error.parameter)).toEqual([parameter]);
  });
});

const SPECIAL_TEXTS = [
  ...["a=b", "a,b", "100%", "50%25", "a+b", "\"quoted\" 'single'", "a:b:c", "a&b#c?d", "a;b", "back\\slash"],
  ...["🚀 👨‍👩‍👧", "日本語", "<b>x</b>", "\u202eright to left", "x".repeat(200)],
];

test("the API and the list page find labels, actors and texts with special characters", async () => {
  const stored = SPECIAL_TEXTS.map((text, day) => {
    const context = { actor: text, labels: { "team=x,y": text } };
    return { jobId: `s${day}`, caller: "anna", context, isFailed: false, day };
  });
  const api = await createListed({ labels: true }, stored);
  const url = createSignedJobListUrlOrNull(LINKS, "prod", api.clock.now);
  for (const [index, text] of SPECIAL_TEXTS.entries()) {
    for (const [name, value] of [
      ["label", `team=x,y:${text}`],
      ["actor", text],
    ] as const) {
      const query = new URLSearchParams({ [name]: value }).toString();
      const listed = JobList.parse(json(await api.ask("GET", `/v1/jobs?${query}`, { token: "anna" })));
      expect([query, listed.jobs.map(({ jobId }) => jobId)]).toEqual([query, [`s${index}`]]);
      const page = (await api.ask("GET", `${url}&${query}`, { token: null })).body ?? "";
      expect([query, page.match(/data-key="s\d+"/g)]).toEqual([query, [`data-key="s${index}"`]]);
      // The form shows the value, and the links of the page keep the value.
      expect(page).toContain(` name="${name}" value="${escapeHtml(value)}"`);
      expect(page).toContain(`&amp;${query}&amp;state=lost`);
    }
    const textQuery = new URLSearchParams({ text }).toString();
    const found = JobList.parse(json(await api.ask("GET", `/v1/jobs?${textQuery}`, { token: "anna" })));
    expect(found.jobs.map(({ jobId }) => jobId)).toContain(`s${index}`);
  }
});

describe("the filters of the list page", () => {
  async function listPage(query: string, pages = {}): Promise<string> {
    const api = await createListed(pages);
    const url = createSignedJobListUrlOrNull(LINKS, "prod", api.clock.now);
    const answer = await api.ask("GET", `${url}&${query}`, { token: null });
    expect(answer.status).toBe(200);
    return answer.body ?? "";
  }
  const idsOn = (page: string) => [...page.matchAll(/<li data-key="(\w+)"/g)].map(([, jobId]) => jobId);

  test.each([
    ["state=failed&text=&type=&actor=&label=&since=&to=", ["j2", "j0"]],
    ["actor=anna", ["j0"]],
    ["text=secret-pipeline", ["j2"]],
    ["since=2026-11-24&to=2026-11-24", ["j1"]],
  ])("?%s finds the right jobs", async (query, ids) => {
    expect(idsOn(await listPage(query))).toEqual(ids);
  });

  test("find labels only if settings.pages.labels shows labels", async () => {
    const query = "label=env:stage";
    const hidden = await listPage(query);
    expect([idsOn(hidden), hidden.includes('<input name="label"')]).toEqual([[], false]);
    const shown = await listPage(query, { labels: true });
    expect([idsOn(shown), shown.includes('<input name="label"')]).toEqual([["j1"], true]);
  });

  test("name a wrong field", async () => {
    expect(await listPage("since=yesterday")).toContain('role="alert">since: <bdi>must be a date');
  });
});

test("a date without a time in `to` includes the whole day in UTC, and nothing of the next day", () => {
  const toOf = (to: string) => readJobFilterAndErrors(new URLSearchParams({ to })).filter.to;
  expect(toOf("2026-11-24")).toBe(Date.parse("2026-11-24T23:59:59.999Z"));
  expect(toOf("2026-11-24T10:00:00Z")).toBe(Date.parse("2026-11-24T10:00:00Z"));
});
