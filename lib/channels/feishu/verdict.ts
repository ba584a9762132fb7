import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import {
  type AttemptVerdict,
  delivered,
  gone,
  isSuccess,
  parseBody,
  type ReceiverAnswer,
  rejected,
  retry,
  statusVerdict,
  throttled,
} from "../attempt-verdict.ts";

const NewBody = z.object({ code: z.int() });
/** Older bots answer so. Some bots answer with both fields. */
const OldBody = z.object({ StatusCode: z.int() });

/**
 * The verdict on an answer of a Feishu (Lark) custom bot. The status is 200 for success and failure; `code` decides.
 * https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 */
export function feishuVerdict(answer: ReceiverAnswer, now: Instant): AttemptVerdict {
  const general = statusVerdict(answer, now);
  if (general !== null) return general;
  const { status, body } = answer;
  const code = parseBody(NewBody, body)?.code ?? parseBody(OldBody, body)?.StatusCode;
  switch (code) {
    case undefined:
      return isSuccess(status) ? retry("unreadable_answer") : rejected("payload_refused");
    case 0:
      return isSuccess(status) ? delivered() : rejected("payload_refused");
    case 11232:
      return throttled(null);
    case 19001:
      return gone;
    case 19021:
      return rejected("signature_refused");
    case 19022:
      return rejected("access_refused");
    default:
      return rejected("payload_refused");
  }
}
