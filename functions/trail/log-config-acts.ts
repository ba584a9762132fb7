import "../../lib/domain/zod-fields.ts";
import * as z from "zod/mini";
import { type Act, createConfigAct } from "../../lib/runtime/log-act.ts";

const UNKNOWN = "unknown";

/** An event of EventBridge about a call of Parameter Store that CloudTrail has recorded. */
export const ConfigChange = z.object({
  detail: z.object({
    eventName: z.string(),
    errorCode: z.optional(z.string()),
    sourceIPAddress: z.optional(z.string()),
    userIdentity: z.object({ arn: z.optional(z.string()), principalId: z.optional(z.string()) }),
    requestParameters: z.object({ name: z.optional(z.string()), names: z.optional(z.array(z.string())) }),
  }),
});

/**
 * Writes one act for each entry of the config that an operator has stored or removed in Parameter Store, also with
 * another tool than `npm run config`. The event contains no value of a parameter. EventBridge may send an event twice.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 * @param path the path of the config in Parameter Store.
 */
export function logConfigActs(
  { detail }: z.infer<typeof ConfigChange>,
  path: string,
  onAct: (act: Act) => void,
): void {
  const { eventName, errorCode, sourceIPAddress = UNKNOWN, userIdentity, requestParameters } = detail;
  if (errorCode !== undefined) return;
  const { name, names = [] } = requestParameters;
  for (const parameter of name === undefined ? names : [name, ...names]) {
    if (!parameter.startsWith(`${path}/`)) continue;
    onAct(
      createConfigAct(parameter.slice(path.length + 1), {
        isRemoval: eventName.startsWith("Delete"),
        who: userIdentity.arn ?? userIdentity.principalId ?? UNKNOWN,
        from: sourceIPAddress,
      }),
    );
  }
}
