import type { AttemptResult, DeliveryRequest } from "../../../lib/channels/deliver.ts";
import type { Config } from "../../../lib/config/config.ts";
import { ALLOW_REMEDY } from "../ineffective-entries.ts";
import type { Finding } from "./finding.ts";

export interface SendPorts {
  readonly deliver: (request: DeliveryRequest) => Promise<AttemptResult>;
  readonly now: () => number;
  readonly uuid: () => string;
}

const TIME_LIMIT_MS = 10_000;

/** Sends each target the message that `POST /v1/targets/{name}/test` sends: one real attempt, by the rules of delivery. */
export async function examineBySending(
  { targets, settings }: Pick<Config, "targets" | "settings">,
  { deliver, now, uuid }: SendPorts,
): Promise<readonly Finding[]> {
  return Promise.all(
    Object.entries(targets).map(async ([name, target]) => {
      const attempted = await deliver({
        target,
        content: { kind: "test", target: name, at: now() },
        webhookId: `msg_test_${uuid()}`,
        now: now(),
        timeLimitMs: TIME_LIMIT_MS,
        allow: settings.egress.allow,
      });
      return toFinding(`message to ${name}`, attempted);
    }),
  );
}

function toFinding(what: string, { verdict, status, reason }: AttemptResult): Finding {
  const words = `${reason}${status === null ? "" : `, status ${status}`}`;
  switch (verdict) {
    case "delivered":
      return { what, state: "ok", words: `taken (${words})` };
    case "retry":
      return {
        what,
        state: "fault",
        words: `not taken (${words})`,
        remedy: "Is the receiver up? Try again.",
      };
    case "gone":
      return {
        what,
        state: "fault",
        words: `the receiver no longer exists (${words})`,
        remedy: "Make a new URL where the receiver is, and put it into the target's entry.",
      };
    case "rejected":
      return {
        what,
        state: "fault",
        words: `refused (${words})`,
        remedy: reason.startsWith("egress_")
          ? ALLOW_REMEDY
          : "Compare the target's kind, URL and secrets with the receiver's page.",
      };
    default:
      return verdict satisfies never;
  }
}
