import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import * as verdict from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";

const NewBody = z.object({ code: z.int() });
/** Older bots answer so. Some bots answer with both fields. */
const OldBody = z.object({ StatusCode: z.int() });

const VERDICTS: Readonly<Record<number, AttemptVerdict>> = {
  11232: verdict.throttled(null),
  19001: verdict.gone,
  19021: verdict.rejected("signature_refused"),
  19022: verdict.rejected("access_refused"),
};

/**
 * The verdict on an answer of a Feishu (Lark) custom bot. The code in the body decides.
 * https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 */
export function feishuVerdict(answer: ReceiverAnswer, now: Instant): AttemptVerdict {
  const { body } = answer;
  const code = verdict.parseBody(NewBody, body)?.code ?? verdict.parseBody(OldBody, body)?.StatusCode;
  return verdict.statusVerdict(answer, now) ?? verdict.codeVerdict(answer, code, VERDICTS);
}
