import { createSelectionOfJobsNotEndedBeforeFirstList } from "../../../functions/discover/create-job-selection.ts";
import type { ListedJob } from "../../../lib/cce/autopilot.ts";
import type { ClaimedDiscovery } from "../../../lib/ledger/ledger.ts";

const NOW = Date.UTC(2026, 10, 23, 9, 30);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const FIRST: ClaimedDiscovery = {
  switchedOnAt: null,
  succeededAt: NOW,
  skippedJobIds: [],
  previousTryAt: null,
};
/** The discovery two minutes after the first list. */
const SECOND: ClaimedDiscovery = {
  switchedOnAt: NOW - 2 * MINUTE_MS,
  succeededAt: NOW - 2 * MINUTE_MS,
  skippedJobIds: [],
  previousTryAt: NOW - 2 * MINUTE_MS,
};
const LIST = { kind: "list", isComplete: true, date: NOW } as const;

const PHASES = { pending: "Running", succeeded: "Success", failed: "Failed" } as const;

function job(jobId: string, state: ListedJob["state"], updatedAt: number | null): ListedJob {
  const unknown = {
    phase: PHASES[state],
    reason: null,
    clusterId: null,
    resourceId: null,
    resourceName: null,
  };
  return { ...unknown, jobId, type: "CreateNode", state, createdAt: null, updatedAt, subJobs: [] };
}

function select(claimed: ClaimedDiscovery, jobs: readonly ListedJob[], types?: string[]) {
  const selection = createSelectionOfJobsNotEndedBeforeFirstList({ types }, claimed, NOW);
  for (const listed of jobs) selection.add(listed);
  return selection;
}

describe("createSelectionOfJobsNotEndedBeforeFirstList", () => {
  it("selects only running jobs at the first list", () => {
    const selection = select(FIRST, [
      job("running", "pending", NOW - 300 * HOUR_MS),
      job("ended", "failed", NOW - 1000),
      job("undated", "failed", null),
    ]);
    expect(selection.jobIds()).toEqual(["running"]);
  });
  it("never selects at a later list a job that had ended at the first list, with any time of its end", () => {
    const ended = [NOW - 40 * HOUR_MS, NOW - 1000, NOW, NOW + 1000, null].map((at, i) =>
      job(`job-${i}`, "succeeded", at),
    );
    const first = select(FIRST, ended);
    expect(first.jobIds()).toEqual([]);
    const stored = first.discovery(LIST, true);
    expect(select({ ...stored, previousTryAt: NOW }, ended).jobIds()).toEqual([]);
  });
  it("never selects a job that had ended at the first list, with more jobs than the ledger stores", () => {
    const times = [NOW - 1000, NOW + 1000, NOW + 300 * HOUR_MS, null];
    for (const at of times) {
      const ended = Array.from({ length: 5000 }, (_, i) => job(`job-${i}`, "failed", at));
      const stored = select(FIRST, ended).discovery(LIST, true);
      // An older release has stored this text too.
      expect(stored.skippedJobIds).toEqual(["*"]);
      const later = { ...job("later", "failed", NOW + 10 * MINUTE_MS), createdAt: NOW };
      const second = select({ ...stored, previousTryAt: NOW }, [...ended, later]);
      expect(second.jobIds()).toEqual(["later"]);
      const third = second.discovery(LIST, true);
      expect(select({ ...third, previousTryAt: NOW }, ended).jobIds()).toEqual([]);
    }
  });
  it("selects after a truncated first list only jobs that ended after this list, until the service reads a complete list of jobs", () => {
    const truncated = { ...LIST, isComplete: false };
    const missing = [
      job("undated", "failed", null),
      job("before", "failed", NOW - MINUTE_MS),
      job("future", "failed", NOW + 300 * HOUR_MS),
    ];
    const first = select(FIRST, [job("listed", "pending", NOW - HOUR_MS)]).discovery(truncated, true);
    expect(first.skippedJobIds).toEqual(["?"]);
    const second = select({ ...first, previousTryAt: NOW }, [
      ...missing,
      job("ended", "failed", NOW + 1000),
      job("running", "pending", NOW - HOUR_MS),
    ]);
    expect(second.jobIds()).toEqual(["ended", "running"]);
    for (const reply of [truncated, LIST]) {
      const stored = second.discovery(reply, true);
      const third = select({ ...stored, previousTryAt: NOW }, [...missing, job("undated-2", "failed", null)]);
      expect(third.jobIds()).toEqual(reply.isComplete ? ["undated-2"] : []);
      expect(stored.skippedJobIds.includes("?")).toBe(!reply.isComplete);
    }
  });
  it("selects at the first list a job without a known phase only if the job changed in the last hour", () => {
    const jobs = [null, "", "Finished"].flatMap((phase, i) => [
      { ...job(`old-${i}`, "pending", NOW - 2 * HOUR_MS), phase },
      { ...job(`undated-${i}`, "pending", null), phase },
      { ...job(`recent-${i}`, "pending", NOW - MINUTE_MS), phase },
    ]);
    const recent = ["recent-0", "recent-1", "recent-2"];
    const first = select(FIRST, jobs);
    expect(first.jobIds()).toEqual(recent);
    const stored = { ...first.discovery(LIST, true), previousTryAt: NOW };
    expect(select(stored, jobs).jobIds()).toEqual(recent);
    const created = { ...job("undated", "pending", null), phase: null };
    expect(select(stored, [created, job("undated-0", "pending", null)]).jobIds()).toEqual([
      "undated",
      "undated-0",
    ]);
  });
  it.each([0, NOW + 1000 * HOUR_MS])(
    "ignores the date %d of a reply, which is not the time of the list",
    (date) => {
      const stored = select(FIRST, []).discovery({ ...LIST, date }, true);
      expect(stored).toMatchObject({ switchedOnAt: NOW, succeededAt: NOW });
    },
  );
  it("selects jobs that appeared and ended between two lists, also without any time", () => {
    const ended = [job("dated", "failed", NOW - MINUTE_MS), job("undated", "succeeded", null)];
    const selection = select(SECOND, ended);
    expect(selection.jobIds()).toEqual(["dated", "undated"]);
    expect(selection.discovery(LIST, true).skippedJobIds).toEqual(["undated"]);
  });
  it("takes the creation of an ended job in place of a missing end", () => {
    const created = { ...job("a", "failed", null), createdAt: NOW - MINUTE_MS };
    expect(select(SECOND, [created, { ...created, jobId: "b", createdAt: 5 }]).jobIds()).toEqual(["a"]);
  });
  it("stores up to 2000 skipped jobs by their IDs", () => {
    const skipped = (jobs: number) =>
      select(
        FIRST,
        Array.from({ length: jobs }, (_, i) => job(`job-${i}`, "failed", null)),
      ).discovery(LIST, true).skippedJobIds;
    expect(skipped(2000)).toHaveLength(2000);
    expect(skipped(2001)).toEqual(["*"]);
  });
  it("stores the IDs of the ended jobs without a time, and of those that ended up to five minutes before the list", () => {
    const ended = [-5 * MINUTE_MS - 1, -5 * MINUTE_MS, 1000].map((ms) => job(`${ms}`, "failed", NOW + ms));
    const stored = select(FIRST, [...ended, job("undated", "failed", null)]).discovery(LIST, true);
    expect(stored.skippedJobIds).toEqual(["-300000", "1000", "undated"]);
  });
  it("selects at a later list the jobs that ended at most five minutes before the first list", () => {
    const { switchedOnAt = 0 } = SECOND;
    const ended = [0, 1].map((ms) => job(`${ms}`, "failed", (switchedOnAt ?? 0) - 5 * MINUTE_MS - ms));
    expect(select(SECOND, ended).jobIds()).toEqual(["0"]);
  });
  it.each([
    ["*", [5 * MINUTE_MS, 5 * MINUTE_MS + 1], ["300001"]],
    ["?", [-1, 0], ["0"]],
  ])("skips with the stored text %s the jobs that ended until its limit", (text, times, selected) => {
    const { switchedOnAt } = SECOND;
    const ended = times.map((ms) => job(`${ms}`, "failed", (switchedOnAt ?? 0) + ms));
    expect(select({ ...SECOND, skippedJobIds: [text] }, ended).jobIds()).toEqual(selected);
  });
  it("takes a time of at most one hour in the future as the time of a job", () => {
    const jobs = [0, 1].map((ms) => ({ ...job(`${ms}`, "pending", NOW + HOUR_MS + ms), phase: null }));
    expect(select(FIRST, jobs).jobIds()).toEqual(["0"]);
  });
  it("forgets the skipped jobs when discovery was switched off for a day", () => {
    const claimed = { ...SECOND, skippedJobIds: ["a"] };
    const running = { ...job("a", "pending", NOW - MINUTE_MS), phase: null };
    const off = { ...claimed, previousTryAt: NOW - 24 * HOUR_MS - 1 };
    expect(select(off, [running]).jobIds()).toEqual(["a"]);
    expect(select({ ...claimed, previousTryAt: NOW - 24 * HOUR_MS }, [running]).jobIds()).toEqual([]);
  });
  it.each([
    [NOW - 1000, NOW - 1000],
    [NOW - HOUR_MS, NOW - HOUR_MS],
    [NOW - HOUR_MS - 1, NOW],
    [null, NOW],
  ])("takes the date %j of a reply as the time %d of the list", (date, listedAt) => {
    const stored = select(FIRST, []).discovery({ ...LIST, date }, true);
    expect(stored).toMatchObject({ switchedOnAt: listedAt, succeededAt: listedAt });
  });
  it("selects a job once, however often the list repeats the job", () => {
    const jobs = [job("a", "pending", NOW), job("a", "failed", NOW), job("a", "pending", null)];
    expect(select(SECOND, jobs).jobIds()).toEqual(["a"]);
  });
  it("selects only jobs of the configured types, without regard to case", () => {
    const jobs = [
      { ...job("a", "pending", NOW), type: "createnode" },
      { ...job("b", "pending", NOW), type: "DeleteNode" },
      { ...job("c", "pending", NOW), type: null },
      { ...job("d", "pending", NOW), type: "CreateNode" },
    ];
    for (const type of ["CreateNode", "createnode", "CREATENODE"])
      expect(select(SECOND, jobs, [type]).jobIds()).toEqual(["a", "d"]);
  });
  it("never selects a job that had ended at the first list, if the operator adds its type to the types later", () => {
    const ended = [null, NOW - 1000, NOW - 3 * HOUR_MS].map((at, i) => ({
      ...job(`job-${i}`, "failed", at),
      type: "DeleteNode",
    }));
    const first = select(FIRST, ended, ["CreateNode"]).discovery(LIST, true);
    const later = { ...first, previousTryAt: NOW };
    expect(select(later, ended, ["CreateNode", "DeleteNode"]).jobIds()).toEqual([]);
    expect(select(later, ended).jobIds()).toEqual([]);
    const second = select(later, [...ended, { ...job("new", "failed", null), type: "DeleteNode" }], ["x"]);
    expect(second.jobIds()).toEqual([]);
    const third = { ...second.discovery(LIST, true), previousTryAt: NOW };
    expect(select(third, [...ended, { ...job("running", "pending", NOW), type: "x" }]).jobIds()).toEqual([
      "running",
    ]);
  });
  it("selects jobs that ended during an outage of some days, and no jobs from before a complete list", () => {
    const long = { switchedOnAt: 1000, skippedJobIds: [], previousTryAt: NOW - 1000 };
    const jobs = [3, 20, 200].map((hours) => job(`${hours} h`, "failed", NOW - hours * HOUR_MS));
    const selectedAfter = (hours: number) =>
      select({ ...long, succeededAt: NOW - hours * HOUR_MS }, jobs).jobIds();
    expect(selectedAfter(0)).toEqual([]);
    expect(selectedAfter(2.5)).toEqual(["3 h"]);
    expect(selectedAfter(1000)).toEqual(["3 h", "20 h"]);
  });
  it("counts as switched off after a day without a try, so that the next list is a first list", () => {
    const ended = [job("a", "failed", NOW - HOUR_MS)];
    const outage = { ...SECOND, succeededAt: NOW - 30 * HOUR_MS, switchedOnAt: 5 };
    expect(select({ ...outage, previousTryAt: NOW - 23 * HOUR_MS }, ended).jobIds()).toEqual(["a"]);
    const selection = select({ ...outage, previousTryAt: NOW - 25 * HOUR_MS }, ended);
    expect(selection.jobIds()).toEqual([]);
    expect(selection.discovery(LIST, true).switchedOnAt).toBe(NOW);
  });
  it("stores the list as successful only if the list was complete and all jobs have a watch", () => {
    const selection = select({ ...SECOND, skippedJobIds: ["old"] }, []);
    const { succeededAt } = SECOND;
    expect(selection.discovery(LIST, true)).toMatchObject({ succeededAt: NOW, skippedJobIds: [] });
    expect(selection.discovery(LIST, false)).toMatchObject({ succeededAt });
    const truncated = selection.discovery({ ...LIST, isComplete: false }, true);
    expect(truncated).toMatchObject({ succeededAt, skippedJobIds: ["old"] });
  });
});
