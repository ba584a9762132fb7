import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import { readJson } from "../read-json.ts";
import type { Judgement } from "../reasons.ts";
import { type Answer, isSuccess, judgeStatus } from "../status-verdict.ts";
import { again, delivered, gone, rejected, throttled } from "../verdicts.ts";

/** Older bots answer `StatusCode`, newer ones `code`, some both. */
const Body = z.union([
  z.pipe(
    z.object({ code: z.int() }),
    z.transform(({ code }: { code: number }) => code),
  ),
  z.pipe(
    z.object({ StatusCode: z.int() }),
    z.transform(({ StatusCode }: { StatusCode: number }) => StatusCode),
  ),
]);

/**
 * Judges the answer of a Feishu (Lark) custom bot: HTTP says 200 either way, the code says which.
 * https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 */
export function judgeFeishu(answer: Answer, now: Instant): Judgement {
  const general = judgeStatus(answer, now);
  if (general !== null) return general;
  const code = Body.safeParse(readJson(answer.body)).data;
  switch (code) {
    case undefined:
      return isSuccess(answer.status) ? again("unreadable_answer") : rejected("payload_refused");
    case 0:
      return isSuccess(answer.status) ? delivered() : rejected("payload_refused");
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
