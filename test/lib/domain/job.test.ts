import { type CallerName, describeMalformedJobId, JobId, Name } from "../../../lib/domain/job.ts";

const accepts = (schema: typeof JobId | typeof Name | typeof CallerName) => (text: string) =>
  schema.safeParse(text).success;

describe("a job ID", () => {
  it.each([
    "a",
    "7",
    "6f1c2c34-8f1d-11ec-9a6b-0255ac101d4f",
    "a.b_c:d-e",
    "A".repeat(128),
    "nullable",
    "truer",
    "job-id",
  ])("may be %s", (text) => {
    expect(accepts(JobId)(text)).toBe(true);
  });

  it.each([
    ...["", " ", ".", "..", "...", "-a", "_a", ":a", "a b", "a/b", "a\\b", "a\n", "\na", "ä", "a#b", "a%2e"],
    ...["null", "NULL", "undefined", "None", "nil", "NaN", "true", "False", "A".repeat(129)],
    ...["unknown", "jobID", "job_id", "ERROR", "empty", "Missing", "unset"],
    "00000000-0000-0000-0000-000000000000",
  ])("may not be %j", (text) => {
    expect(accepts(JobId)(text)).toBe(false);
  });

  it.each([
    ["", /^is empty, so the script probably found no job ID/],
    [" ", /^is empty, so the script probably found no job ID/],
    ["(null)", /^is '\(null\)', so the script probably found no job ID/],
    ["None", /^is 'None', so the script probably found no job ID/],
    ["<no value>", /^is '<no value>', so the script probably found no job ID/],
    ["$JOB_ID", /starting with a letter or digit\. A variable in the script was probably not replaced$/],
    ["{{%id%}}", /starting with a letter or digit\. A variable in the script was probably not replaced$/],
    ['{"jobID":"x"}', /starting with a letter or digit\. The value is JSON\. Send only the job ID$/],
    ['[ {"jobID":"x"}]', /The value is JSON\. Send only the job ID$/],
    ["a b", /^must be 1 to 128 letters, .* starting with a letter or digit$/],
  ])("that is %j has the fault %s", (text, fault) => {
    expect(describeMalformedJobId(text)).toMatch(fault);
  });
});

describe("a name in the config", () => {
  it.each(["a", "7", "prod-eu_1", "A".repeat(64)])("may be %s", (text) => {
    expect(accepts(Name)(text)).toBe(true);
  });

  it.each(["", "-a", "_a", "a.b", "a:b", "a/b", "a b", "a\n", "\na", "A".repeat(65)])(
    "may not be %j",
    (text) => {
      expect(accepts(Name)(text)).toBe(false);
    },
  );
});
