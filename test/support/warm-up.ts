import type { Receiver } from "../../local/receiver/receiver.ts";
import { succeedingJob } from "../e2e/outcome-jobs.ts";
import type { ServiceFixture } from "./service-fixture.ts";

const WARM_UP = "warm-up";
const JOBS = 100;

/** The target of the jobs of `warmUp`, for the config of the fixture. */
export const warmUpTarget = ({ url }: Receiver) => ({
  [WARM_UP]: { kind: "webhook", url: `${url}/${WARM_UP}`, secrets: [`whsec_${btoa("0".repeat(24))}`] },
});

/**
 * Runs 100 jobs through the service and waits for their notifications. A measurement of delays begins afterwards.
 * Without these jobs, it would also measure how the functions' processes start and make their first, slow invocations:
 * on this machine, the processes share the processor cores, and on AWS they do not.
 */
export async function warmUp(fixture: ServiceFixture, receiver: Receiver): Promise<void> {
  const jobIds = Array.from({ length: JOBS }, () => fixture.addJob(succeedingJob));
  await fixture.submit({ jobIds, notify: [WARM_UP] });
  const wanted = { channel: WARM_UP, count: JOBS, waitMs: 300_000 };
  const { length } = await receiver.notifications.waitFor(wanted);
  if (length < JOBS)
    throw new Error(`only ${length} of ${JOBS} notifications arrived before the measurement`);
}
