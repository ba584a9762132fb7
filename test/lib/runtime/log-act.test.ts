import { type Act, createConfigAct, logActAndCountIfStop, NO_WATCH } from "../../../lib/runtime/log-act.ts";
import { redirectMetricsTo } from "../../../lib/runtime/metrics.ts";
import { captured } from "./captured.ts";

const STOP: Act = {
  act: "stop",
  who: "token:ci",
  from: "192.0.2.1",
  project: "prod",
  jobId: "j-1",
  owner: "token:other",
  traceparent: "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  targets: ["chat", "audit"],
};

/** Returns the log line of an act, and the metrics that the act adds. */
async function logAct(act: Act) {
  const metrics: unknown[] = [];
  redirectMetricsTo((name, value) => metrics.push([name, value]));
  const [line, ...others] = await captured(() => logActAndCountIfStop(act));
  expect(others).toEqual([]);
  return { line, metrics };
}

test("the log line of an act contains who changed what, from where, and of whom", async () => {
  const { line } = await logAct({ ...STOP, entry: "targets/chat" });
  expect(line).toMatchObject({
    level: "INFO",
    message: "act",
    act: "stop",
    who: "token:ci",
    from: "192.0.2.1",
    project: "prod",
    job_id: "j-1",
    owner: "token:other",
    traceparent: STOP.traceparent,
    targets: ["chat", "audit"],
    entry: "targets/chat",
  });
});

test("a field that does not apply to the act is in the log line as '-'", async () => {
  const { line } = await logAct({ ...NO_WATCH, act: "target_on", who: "service", from: null, targets: [] });
  const absent = { from: "-", project: "-", job_id: "-", owner: "-", traceparent: "-", entry: "-" };
  expect(line).toMatchObject({ act: "target_on", who: "service", ...absent });
});

test("only the stop of a watch counts in the metric Stopped", async () => {
  expect((await logAct(STOP)).metrics).toEqual([["Stopped", 1]]);
  expect((await logAct({ ...STOP, act: "redeliver" })).metrics).toEqual([]);
});

test.each([
  ["tokens/ci", false, "token_put"],
  ["tokens/ci", true, "token_remove"],
  ["targets/chat", false, "config_put"],
  ["targets/tokens/", true, "config_remove"],
] as const)("the change of the entry %s (removal: %s) is the act %s", (entry, isRemoval, act) => {
  expect(createConfigAct(entry, { isRemoval, who: "kim", from: "192.0.2.1" })).toEqual({
    ...NO_WATCH,
    act,
    who: "kim",
    from: "192.0.2.1",
    targets: [],
    entry,
  });
});
