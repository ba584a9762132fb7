import fc from "fast-check";
import { jobIdOfReply } from "../../../lib/cce/submitted.ts";
import { JobId } from "../../../lib/domain/job.ts";

describe("jobIdOfReply", () => {
  it.each([
    ["in the status", { kind: "Cluster", status: { phase: "Creating", jobID: "a-1" } }, "a-1"],
    ["in the status, spelt otherwise", { status: { jobId: "a-1" } }, "a-1"],
    ["at the top", { jobid: "a-1" }, "a-1"],
    ["at the top, as others write it", { job_id: "a-1" }, "a-1"],
    ["in an annotation", { metadata: { annotations: { jobID: "a-1" } } }, "a-1"],
    ["in any mixture of cases", { status: { JOBid: "a-1" } }, "a-1"],
    ["in a text that is JSON", '{"status":{"jobID":"a-1"}}', "a-1"],
    ["where the status knows best", { jobId: "b-2", status: { jobID: "a-1" } }, "a-1"],
    ["past what is no ID", { status: { jobID: "" }, jobID: "../x", jobid: "a-1" }, "a-1"],
  ])("finds it %s", (_, body, jobId) => {
    expect(jobIdOfReply(body)).toBe(jobId);
  });
  it.each([
    null,
    undefined,
    7,
    "",
    "a-1",
    "{",
    [],
    {},
    { status: null },
    { jobID: 7 },
    { status: { jobID: "a/b" } },
  ])("finds none in %j", (body) => {
    expect(jobIdOfReply(body)).toBeNull();
  });
  it("finds a job ID or nothing, whatever it is given, and never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.anything(), fc.json()), (body) => {
        const jobId = jobIdOfReply(body);
        return jobId === null || JobId.safeParse(jobId).success;
      }),
    );
  });
});
