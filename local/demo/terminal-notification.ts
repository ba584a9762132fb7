import { stripVTControlCharacters } from "node:util";
import * as z from "zod";
import { Failure } from "../../lib/domain/failures.ts";

const Run = z.object({ text: z.string().optional(), url: z.string().optional() });
const Block = z.object({
  type: z.string(),
  text: z.object({ text: z.string() }).optional(),
  elements: z
    .array(
      z.object({
        type: z.string(),
        text: z.union([z.string(), z.object({ text: z.string() })]).optional(),
        url: z.string().optional(),
        elements: z.array(Run).optional(),
      }),
    )
    .optional(),
});
const SlackMessage = z.object({ blocks: z.array(Block).min(1) });
const Event = z.object({
  type: z.string(),
  data: z.object({
    jobType: z.string().nullish(),
    resourceName: z.string().nullish(),
    reason: z.string().nullish(),
    failures: z.array(Failure).optional(),
    statusUrl: z.string().nullish(),
  }),
});

export interface TerminalOptions {
  readonly ansi: boolean;
}

/**
 * A notification as its reader will see it, in lines: the blocks of a Slack message, or the event of a webhook. Anything
 * else is shown as JSON. Escape sequences in foreign text are taken out, so that it cannot move the cursor.
 */
export function terminalNotification(payload: unknown, { ansi }: TerminalOptions): string[] {
  const bold = (text: string) => (ansi ? `\u001b[1m${text}\u001b[0m` : text);
  const slack = SlackMessage.safeParse(payload);
  if (slack.success) return slack.data.blocks.flatMap((block) => slackLines(block, bold));
  const event = Event.safeParse(payload);
  if (event.success) return eventLines(event.data, bold);
  return lines(JSON.stringify(payload) ?? "");
}

function slackLines(block: z.infer<typeof Block>, bold: (text: string) => string): string[] {
  const elements = block.elements ?? [];
  switch (block.type) {
    case "header":
      return lines(unescaped(block.text?.text ?? "")).map(bold);
    case "rich_text":
      return elements.flatMap(({ type, elements: runs = [] }) => {
        const text = runs.map(({ text = "", url }) => [text, url].filter(Boolean).join(": ")).join("");
        return lines(text).map((line) => (type === "rich_text_preformatted" ? `  │ ${line}` : line));
      });
    case "actions":
      return elements.flatMap(({ text, url }) => lines(`→ ${textOf(text)}: ${url ?? ""}`));
    case "context":
      return elements.flatMap(({ text }) => lines(textOf(text)));
    default:
      return lines(unescaped(block.text?.text ?? ""));
  }
}

function eventLines({ type, data }: z.infer<typeof Event>, bold: (text: string) => string): string[] {
  const what = [data.jobType, data.resourceName].filter((part) => part != null).join(" ");
  const headline = lines([type, what].filter((part) => part !== "").join(" · ")).map(bold);
  const failures = (data.failures ?? []).flatMap(({ path, reason, hint }) => [
    ...lines(path.join(" › ")),
    ...(reason === null ? [] : lines(reason).map((line) => `  │ ${line}`)),
    ...(hint === null ? [] : lines(`💡 ${hint}`)),
  ]);
  return [
    ...headline,
    ...(data.reason ? lines(data.reason) : []),
    ...failures,
    ...(data.statusUrl ? lines(`→ ${data.statusUrl}`) : []),
  ];
}

function textOf(text: string | { text: string } | undefined): string {
  return unescaped(typeof text === "object" ? text.text : (text ?? ""));
}

function lines(text: string): string[] {
  const safe = stripVTControlCharacters(text).replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "");
  return safe.split("\n");
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
