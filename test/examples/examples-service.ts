import { type Issuer, startIssuer } from "../support/issuer.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";

export const REASON = 'the flavor "c7n" is\nsold out \\ here';
/** The reason of a failed job, as `watch.sh` prints the reason. */
export const REASON_LINE = 'reason=the flavor "c7n" is sold out \\ here\n';

/** The service with an issuer of identity tokens, for the tests of examples. */
export interface ExamplesService {
  readonly issuer: Issuer;
  readonly fixture: ServiceFixture;
  /** The environment variables of `watch.sh`. */
  readonly env: Readonly<Record<string, string>>;
  /** Adds a job to the CCE simulator and returns its ID. */
  addSucceedingJob(): string;
  addFailingJob(): string;
  stop(): Promise<void>;
}

export async function startExamplesService(): Promise<ExamplesService> {
  const issuer = await startIssuer();
  const rule = {
    audience: "cce-job-notifier",
    claims: { repository: "org/*" },
    projects: [PROJECT],
    targets: ["*"],
    operations: ["*"],
  };
  const fixture = await startServiceFixture({
    targets: {},
    oidc: [{ issuer: issuer.url, ...rule }],
    settings: { egress: { allow: [new URL(issuer.url).host] } },
  });
  const failedSubJob = { type: "CreateNodeVM", endSeconds: 0.1, outcome: "Failed", reason: REASON } as const;
  return {
    issuer,
    fixture,
    env: { NOTIFIER_URL: fixture.stack.api, NOTIFIER_TOKEN: fixture.token, PROJECT },
    addSucceedingJob: () => fixture.addJob({ type: "CreateNode", endSeconds: 0.2 }),
    addFailingJob: () =>
      fixture.addJob({
        type: "CreateCluster",
        endSeconds: 0.2,
        outcome: "Failed",
        subJobs: [failedSubJob],
      }),
    stop: async () => {
      await fixture.stop();
      await issuer.stop();
    },
  };
}
