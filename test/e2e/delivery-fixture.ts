import { randomBytes } from "node:crypto";
import * as z from "zod";
import type { StatusDocument } from "../../lib/api/status-document.ts";
import type { Behaviour } from "../../local/receiver/behaviour.ts";
import type { ReceivedNotification } from "../../local/receiver/notification-store.ts";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { succeedingJob } from "./outcome-jobs.ts";

export const SECRET = `whsec_${randomBytes(32).toString("base64")}`;

/** The names of the receivers. Every scenario has its own receiver, so that all scenarios can run in parallel. */
const KINDS = {
  throttled: "webhook",
  busy: "slack",
  gone: "webhook",
  operators: "slack",
  shaky: "webhook",
  broken: "webhook",
  moved: "webhook",
  picky: "slack",
  again: "webhook",
  callback: "webhook",
} as const;
type ReceiverName = keyof typeof KINDS;

const TestResult = z.object({
  target: z.string(),
  verdict: z.string(),
  status: z.int().nullable(),
  reason: z.string(),
});

export interface DeliveryFixture extends ServiceFixture {
  readonly receivers: Readonly<Record<ReceiverName, Receiver>>;
  /** Sets the next answers of a receiver. */
  behave(receiver: ReceiverName, behaviour: z.input<typeof Behaviour>): Promise<void>;
  /** Waits for the first `count` notifications at a receiver, and returns these notifications. */
  arrived(receiver: ReceiverName, count: number): Promise<readonly ReceivedNotification[]>;
  /** Runs jobs that end immediately and notify only the given receiver. Returns the job IDs. */
  endJobs(receiver: ReceiverName, jobs?: number): Promise<readonly string[]>;
  /** Waits for the end of a job, and returns the job's delivery to the given receiver. */
  delivery(receiver: ReceiverName, jobId: string): Promise<StatusDocument["deliveries"][number]>;
  /** Calls `POST /v1/targets/{name}/test`. */
  test(receiver: ReceiverName): Promise<z.infer<typeof TestResult>>;
}

export async function startDeliveryFixture(): Promise<DeliveryFixture> {
  const started = await Promise.all(
    Object.keys(KINDS).map(async (name) => [name, await startReceiver()] as const),
  );
  const receivers = Object.fromEntries(started) as Record<ReceiverName, Receiver>;
  const hosts = Object.values(receivers).map(({ url }) => new URL(url).host);
  const targets = started.map(([name, { url }]) => {
    const kind = KINDS[name as ReceiverName];
    return [name, { kind, url: `${url}/${kind}/${name}`, ...(kind === "webhook" && { secrets: [SECRET] }) }];
  });
  const stopReceivers = () => Promise.all(Object.values(receivers).map((receiver) => receiver.stop()));
  const fixture = await startServiceFixture({
    targets: Object.fromEntries(targets),
    settings: {
      fallbackTarget: "operators",
      retry: { scheduleSeconds: [0, 1, 1] },
      egress: { allow: hosts },
      callbackHosts: [new URL(receivers.callback.url).host],
      callbackSecrets: [SECRET],
    },
  }).catch(async (error: unknown) => {
    await stopReceivers();
    throw error;
  });
  return {
    ...fixture,
    receivers,
    async behave(receiver, behaviour) {
      await fetch(`${receivers[receiver].url}/behaviour`, { method: "PUT", body: JSON.stringify(behaviour) });
    },
    arrived: (receiver, count) =>
      receivers[receiver].notifications.waitFor({ channel: null, count, waitMs: 800_000 }),
    async endJobs(receiver, jobs = 1) {
      const jobIds = Array.from({ length: jobs }, () => fixture.addJob(succeedingJob));
      await fixture.submit({ jobIds, notify: [receiver] });
      return jobIds;
    },
    async delivery(receiver, jobId) {
      const { deliveries } = await fixture.over(jobId);
      const found = deliveries.find(({ target }) => target === receiver);
      if (found === undefined) throw new Error(`${jobId} has no delivery to ${receiver}`);
      return found;
    },
    async test(receiver) {
      return TestResult.parse(await (await fixture.api(`/v1/targets/${receiver}/test`, {})).json());
    },
    async stop() {
      await fixture.stop();
      await stopReceivers();
    },
  };
}
