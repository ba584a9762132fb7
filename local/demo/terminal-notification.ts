import { stripVTControlCharacters } from "node:util";
import * as z from "zod";
import { countColumns } from "../../client/terminal.ts";
import { Cause, formatFirstResourceNames } from "../../lib/domain/cause.ts";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import type { ReceivedNotification } from "../receiver/notification-store.ts";

const Text = z.object({ text: z.string() });
const Block = z.object({
  type: z.string(),
  text: Text.optional(),
  elements: z
    .array(
      z.object({
        type: z.string(),
        text: z.union([z.string(), Text]).optional(),
        url: z.string().optional(),
        elements: z
          .array(
            z.object({
              text: z.string().optional(),
              url: z.string().optional(),
              /** The text of a date for Slack clients that cannot show the date in the reader's time zone. */
              fallback: z.string().optional(),
            }),
          )
          .optional(),
      }),
    )
    .default([]),
});
const SlackMessage = z.object({ blocks: z.array(Block).min(1) });
const Event = z.object({
  type: z.string(),
  data: z.object({
    jobType: z.string().nullish(),
    resourceName: z.string().nullish(),
    reason: z.string().nullish(),
    causes: z.array(Cause).default([]),
    statusUrl: z.string().nullish(),
  }),
});

/**
 * Formats a received notification for the terminal. Notifications to Slack and to webhooks appear with their text in a
 * box. For any other chat, only the target's name appears, because the text would be the same as for Slack.
 * @param ansi true if the terminal supports ANSI escape sequences
 * @param columns the maximum number of columns of a line. A line with more columns is wrapped.
 */
export function formatNotification(
  { path, channel, body }: ReceivedNotification,
  { ansi, columns }: { readonly ansi: boolean; readonly columns: number },
): string {
  if (channel !== "slack" && channel !== "webhook") return `─ notification to ${path.slice(1)}\n`;
  const lines = formatNotificationLines(parseJsonOrUndefined(body) ?? body, { ansi });
  const box = lines.flatMap((line) => wrapLine(line, columns - BORDER.length)).map((line) => BORDER + line);
  return [`┌ notification to ${path.slice(1)}`, ...box, "└", ""].join("\n");
}

const BORDER = "│ ";
/** The border in front of each line of a failure reason from CCE. */
const REASON_BORDER = "  │ ";

/** Wraps a line between words. A long word, such as a URL, stays in one line, so that a terminal can open the URL. */
function wrapLine(line: string, columns: number): string[] {
  const border = line.startsWith(REASON_BORDER) ? REASON_BORDER : "";
  const [first = "", ...others] = line.slice(border.length).split(" ");
  const wrapped = [first];
  for (const word of others) {
    const last = `${wrapped.at(-1)} ${word}`;
    if (countColumns(stripVTControlCharacters(border + last)) > columns) wrapped.push(word);
    else wrapped[wrapped.length - 1] = last;
  }
  return wrapped.map((text) => border + text);
}

/**
 * Returns the text lines of a notification. Reads the blocks of a Slack message or the fields of a webhook event. For
 * any other payload, returns the payload as JSON. Removes escape sequences, because they could control the terminal.
 */
export function formatNotificationLines(payload: unknown, { ansi }: { readonly ansi: boolean }): string[] {
  const bold = (text: string) => (ansi ? `\u001b[1m${text}\u001b[0m` : text);
  const slack = SlackMessage.safeParse(payload);
  if (slack.success) return slack.data.blocks.flatMap((block) => slackLines(block, bold));
  const event = Event.safeParse(payload);
  if (event.success) return eventLines(event.data, bold);
  return safeLines(JSON.stringify(payload) ?? "");
}

function slackLines(
  { type, text, elements }: z.infer<typeof Block>,
  bold: (text: string) => string,
): string[] {
  switch (type) {
    case "header":
      return safeLines(slackText(text)).map(bold);
    case "rich_text":
      return elements.flatMap((element) => {
        const runs = element.elements ?? [];
        const joined = runs
          .map((run) => [run.text ?? run.fallback, run.url].filter(Boolean).join(": "))
          .join("");
        return element.type === "rich_text_preformatted" ? quoted(joined) : safeLines(joined);
      });
    case "actions":
      return elements.flatMap((element) => safeLines(`→ ${slackText(element.text)}: ${element.url ?? ""}`));
    case "context":
      return elements.flatMap((element) => safeLines(slackText(element.text)));
    default:
      return safeLines(slackText(text));
  }
}

function eventLines({ type, data }: z.infer<typeof Event>, bold: (text: string) => string): string[] {
  const { jobType, resourceName, reason, causes, statusUrl } = data;
  const job = [jobType, resourceName].filter(Boolean).join(" ");
  return [
    ...safeLines([type, job].filter(Boolean).join(" · ")).map(bold),
    ...(reason && causes.length === 0 ? safeLines(reason) : []),
    ...causes.flatMap((cause) => [
      ...safeLines(causeTitle(cause)),
      ...(cause.reason === null ? [] : quoted(cause.reason)),
      ...(cause.hint === null ? [] : safeLines(`💡 ${cause.hint}`)),
    ]),
    ...(statusUrl ? safeLines(`→ ${statusUrl}`) : []),
  ];
}

/**
 * Returns one line about a cause: the number of failed subjobs, their type, and the first resource names. The title
 * cannot contain the total number of subjobs, because a webhook event does not contain this number.
 */
function causeTitle(cause: Cause): string {
  const type = cause.type ?? "unknown";
  const title = cause.count === 1 ? `${type} failed` : `${cause.count} subjobs of type ${type} failed`;
  return [title, formatFirstResourceNames(cause)].filter((text) => text !== "").join(": ");
}

const quoted = (text: string): string[] => safeLines(text).map((line) => REASON_BORDER + line);

/** Returns the text of a Slack text object, with the codes `&amp;`, `&lt;` and `&gt;` replaced by their characters. */
function slackText(text: string | { text: string } | undefined): string {
  const escaped = typeof text === "object" ? text.text : (text ?? "");
  return escaped.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function safeLines(text: string): string[] {
  const safe = stripVTControlCharacters(text).replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "");
  return safe.split("\n");
}
