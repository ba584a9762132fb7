import { createAcceptedOrAllRejectedResponse, type JobResult } from "../../../lib/api/submission-result.ts";

const locate = (index: number) => ({ pointer: `#/jobIds/${index}` });
const accepted: JobResult = {
  project: "prod",
  jobId: "j",
  status: "accepted",
  deadlineAt: "2026-11-23T11:00:00.000Z",
  statusUrl: "https://notifier.example.com/v1/jobs/prod/j",
  pageUrl: null,
};
const rejected = (status: number, detail = "is malformed"): JobResult => ({
  ...accepted,
  status: "rejected",
  deadlineAt: null,
  error: { type: "about:blank", title: "t", status, detail },
});
const problemOf = (jobs: readonly JobResult[]) => {
  const response = createAcceptedOrAllRejectedResponse(jobs, locate);
  return "body" in response && response.body !== undefined ? JSON.parse(response.body) : response;
};

it("a submission with at least one accepted or known job has the status 202 and all results", () => {
  for (const first of [accepted, { ...accepted, status: "already_watching" as const }]) {
    const jobs = [rejected(422), first];
    const response = createAcceptedOrAllRejectedResponse(jobs, locate);
    expect(response).toMatchObject({ status: 202 });
    expect(problemOf(jobs)).toEqual({ jobs });
  }
});

it.each([
  [[accepted], accepted.statusUrl],
  [[accepted, accepted], undefined],
  [[{ ...accepted, statusUrl: null }], undefined],
])("the response has a location only for a single job with a URL (case %#)", (jobs, location) => {
  const { headers } = createAcceptedOrAllRejectedResponse(jobs, locate) as {
    headers?: Record<string, string>;
  };
  expect(headers?.location).toBe(location);
  expect(Object.keys(headers ?? {}).includes("location")).toBe(location !== undefined);
});

it.each([
  [[rejected(422), rejected(422, "is empty")], 422, "No job was accepted. See 'errors'."],
  [[rejected(422), rejected(503, "is empty")], 503, "No job was accepted. Send the request again."],
])(
  "a submission without an accepted job is a problem with the errors of all jobs (case %#)",
  (jobs, status, detail) => {
    expect(createAcceptedOrAllRejectedResponse(jobs, locate)).toMatchObject({
      problem: {
        status,
        detail,
        errors: [
          { pointer: "#/jobIds/0", detail: "is malformed" },
          { pointer: "#/jobIds/1", detail: "is empty" },
        ],
      },
    });
  },
);
