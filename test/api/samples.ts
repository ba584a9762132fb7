import { createHash, randomBytes } from "node:crypto";
import {
  clusterCreationScript,
  endlessNodeCreationScript,
  failedNodeCreationScript,
} from "../../local/cce/demo-jobs.ts";
import { startReceiver } from "../../local/receiver/receiver.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";

/** The target of the examples in the OpenAPI document. The project of the examples is PROJECT. */
const TARGET = "deploys";
/** The job ID of the examples in the OpenAPI document. CCE does not know the job, so the watch ends as `lost`. */
const EXAMPLE_JOB_ID = "1e50bfbe-5b9e-11ef-8f52-0255ac10003e";

/** One body that the running service sent or accepted, with the name of its schema in the OpenAPI document. */
export interface Sample {
  readonly name: string;
  readonly schema: string;
  readonly value: unknown;
}

export interface ApiUnderTest {
  readonly url: string;
  /** A token that may use only the project and the target of the document's examples. */
  readonly token: string;
  /** The OpenAPI document that the running service serves. */
  readonly openApiJson: string;
  readonly samples: readonly Sample[];
  stop(): Promise<void>;
}

/** Starts the service on the embedded stack, runs three jobs, and collects the answers of the API and one event. */
export async function startApiUnderTest(): Promise<ApiUnderTest> {
  const receiver = await startReceiver();
  const host = new URL(receiver.url).host;
  const token = `token-${randomBytes(16).toString("hex")}`;
  const fixture = await startServiceFixture({
    targets: {
      [TARGET]: {
        kind: "webhook",
        url: `${receiver.url}/webhook/deploys`,
        secrets: [`whsec_${"A".repeat(40)}`],
      },
    },
    // A name that the token does not include gets the status 403, so every generated name has an expected answer.
    tokens: {
      generated: {
        sha256: createHash("sha256").update(token).digest("hex"),
        projects: [PROJECT],
        targets: [TARGET],
        operations: ["*"],
      },
    },
    settings: {
      limits: { requestsPerMinute: 0 },
      defaultTargets: [TARGET],
      egress: { allow: [host] },
      callbackHosts: [host],
    },
  });
  const stop = async () => {
    await fixture.stop();
    await receiver.stop();
  };
  try {
    const openApiJson = await (await fixture.api("/v1/openapi.json")).text();
    const answers = await collectAnswers(fixture);
    const [event] = await receiver.notifications.waitFor({
      channel: null,
      count: 1,
      waitMs: 20_000,
    });
    const samples = [
      ...answers,
      { name: "event", schema: "JobEvent", value: JSON.parse(event?.body ?? "null") },
    ];
    return { url: fixture.stack.api, token, openApiJson, samples, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function collectAnswers({ api, addJob, over }: ServiceFixture): Promise<Sample[]> {
  const [running, failed, succeeded] = [
    addJob(endlessNodeCreationScript(1)),
    addJob(failedNodeCreationScript(2)),
    addJob(clusterCreationScript(2)),
  ];
  const submission = {
    jobIds: [running, failed, succeeded, "not a job ID"],
    notify: [TARGET],
    deadlineMinutes: 30.5,
    context: { actor: "kim", runUrl: "https://ci.example.com/run/7?a={b}|c", labels: { env: "prod" } },
  };
  const missed = { since: "2026-11-23T09:30:00+01:00", dryRun: true };
  const reply = { kind: "Cluster", status: { phase: "Deleting", jobID: succeeded } };
  const read = async (name: string, schema: string, path: string, body?: unknown): Promise<Sample> => {
    const answer = await api(path, body);
    return { name, schema, value: await answer.json() };
  };
  const accepted = await read("accepted", "SubmissionResult", "/v1/jobs", submission);
  const acceptedReply = await read("accepted reply", "SubmissionResult", "/v1/jobs?from=cce", reply);
  await api("/v1/jobs", { jobId: EXAMPLE_JOB_ID });
  await Promise.all([over(failed), over(succeeded), over(EXAMPLE_JOB_ID)]);
  const job = (id: string) => `/v1/jobs/${PROJECT}/${id}`;
  return [
    { name: "submission", schema: "Submission", value: submission },
    { name: "reply of CCE", schema: "CceReply", value: reply },
    { name: "missed notifications", schema: "MissedRedelivery", value: missed },
    accepted,
    acceptedReply,
    await read("running", "StatusDocument", job(running)),
    await read("failed", "StatusDocument", job(failed)),
    await read("succeeded", "StatusDocument", job(succeeded)),
    await read("list", "JobList", "/v1/jobs"),
    await read("redelivery", "RedeliveryResult", `${job(failed)}/redeliver`, { targets: [TARGET] }),
    await read("target redelivery", "MissedRedeliveryResult", `/v1/targets/${TARGET}/redeliver`, missed),
    await read("target test", "TestResult", "/v1/targets/deploys/test", {}),
    await read("health", "HealthDocument", "/v1/health"),
    await read("unknown job", "Problem", job("unknown")),
    await read("invalid submission", "Problem", "/v1/jobs", { jobId: "a", colour: "red" }),
  ];
}
