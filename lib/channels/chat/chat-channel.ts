import * as z from "zod/mini";
import { toSafeOneLineText } from "../../domain/clean-text.ts";
import type { JsonObject } from "../../domain/json.ts";
import { type Secret, SecretText } from "../../domain/secret.ts";
import type { RunningSubJob, SlowSummary } from "../../domain/slow-summary.ts";
import {
  fillPlaceholdersEmptyIfMissing,
  joinSentences,
  type TextKey,
} from "../../domain/text-in-default-language.ts";
import { Language, type Texts, textsOfLanguage, translateDurationUnits } from "../../domain/texts.ts";
import { formatDuration } from "../../domain/time-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import { textSchema } from "../../domain/zod-fields.ts";
import { verdictOfCommonStatusElseOfDocumentedAnswer } from "../attempt-verdict.ts";
import {
  type AttemptVerdict,
  type Channel,
  commonFields,
  createJsonPostRequest,
  type NotificationContent,
  type ReceiverAnswer,
  type TargetSchema,
} from "../channel.ts";
import {
  type ChatMessage,
  type ConfiguredTexts,
  EMPTY_MESSAGE,
  TEXT_BUDGETS,
  type TextBudget,
  type Tone,
} from "./chat-message.ts";
import { formatDigestMessage } from "./digest-message.ts";
import { ZERO_WIDTH_SPACE } from "./markdown.ts";
import {
  formatFooter,
  formatHeadline,
  formatOutcomeMessage,
  listContextFacts,
  listMessageLinks,
} from "./outcome-message.ts";

/** The config fields of a target that is a chat. */
export const chatFields = {
  ...commonFields,
  /** The language of the messages to the target. The service does not translate failure reasons from the cloud. */
  language: z._default(Language, "en"),
  mention: z.lazy(() => z.optional(textSchema(z.minLength(1), z.maxLength(200)))),
};

/**
 * The config fields of a custom robot of DingTalk or Feishu. The operator of a robot can require a signature with
 * `secret`, or the text `keyword` in every message.
 */
export const robotFields = {
  ...chatFields,
  secret: z.optional(SecretText),
  keyword: z.lazy(() =>
    z.optional(
      textSchema(z.trim(), z.minLength(1), z.maxLength(50), z.regex(/^\P{C}*$/u, "must be one line of text")),
    ),
  ),
};

/** The schema of a target that belongs to a chat. */
type ChatSchema = TargetSchema &
  z.ZodMiniType<{
    readonly language: Language;
    readonly mention?: string | undefined;
    readonly keyword?: string | undefined;
    readonly secret?: Secret | undefined;
  }>;

/**
 * The parts of a channel that differ between chats. A chat needs `buildRequest` only if it requires signatures. Only
 * Slack needs `noteAbout`, because an operator may enter the URL of another product that accepts Slack's format.
 */
interface ChatRoles<Schema extends ChatSchema>
  extends Pick<Channel<Schema>, "target" | "rateLimit">,
    Partial<Pick<Channel<Schema>, "buildRequest" | "noteAbout">> {
  /** Converts a message to JSON. The texts in the JSON contain the markup of the chat. */
  render(message: ChatMessage, texts: ConfiguredTexts): JsonObject;
  /** Creates a message that contains only the headline, in the simplest format of the chat. */
  renderPlain(headline: string, texts: ConfiguredTexts): JsonObject;
  isWithinLimits(payload: JsonObject): boolean;
  /** Returns the verdict for a response that the vendor documents. For any other response, the result is null. */
  ownVerdictOf(answer: ReceiverAnswer): AttemptVerdict | null;
  /** The wait in seconds after a response with HTTP status 429 that does not say how long to wait. */
  readonly defaultThrottleSeconds?: number;
}

/** Matches a URL. Chats make links from URLs, and some chats refuse messages with certain links. */
const ADDRESS = /(?<![a-z0-9+.-])[a-z0-9+.-]+:\/\/\S*/gi;

/** Matches the dots in a host name such as `node.example.com`. Some chats make links from host names. */
const DOT_OF_NAME = /(?<=[\p{L}\p{N}])\.(?=\p{L}{2})/gu;

const withoutLinks = (text: string): string =>
  text.replace(ADDRESS, "…").replace(DOT_OF_NAME, `.${ZERO_WIDTH_SPACE}`);

/**
 * Creates the channel of a chat. If a message exceeds the size limits, the channel shortens the texts of the message in
 * several steps.
 */
export function createChatChannel<Schema extends ChatSchema>(roles: ChatRoles<Schema>): Channel<Schema> {
  return {
    isChat: true,
    target: roles.target,
    rateLimit: roles.rateLimit,
    format(content, { language, mention = null, keyword = null }) {
      const format = (budget: TextBudget) => {
        const message = chatMessageOf(content, budget, textsOfLanguage(language));
        const texts = { mention: message.mentions ? mention : null, keyword };
        const payload = roles.render(message, texts);
        return { payload, fallback: roles.renderPlain(withoutLinks(message.headline), texts) };
      };
      const [largest, ...smaller] = TEXT_BUDGETS;
      let formatted = format(largest);
      // With the smallest text budget, a message is small enough for every chat.
      for (const budget of smaller) {
        if (roles.isWithinLimits(formatted.payload)) break;
        formatted = format(budget);
      }
      return formatted;
    },
    buildRequest: roles.buildRequest ?? (({ url }, payload) => createJsonPostRequest(url, payload)),
    verdictOf: (answer, now) =>
      verdictOfCommonStatusElseOfDocumentedAnswer(
        answer,
        roles.ownVerdictOf(answer),
        now,
        roles.defaultThrottleSeconds ?? null,
      ),
    noteAbout: roles.noteAbout ?? (() => null),
  };
}

function chatMessageOf(content: NotificationContent, budget: TextBudget, texts: Texts): ChatMessage {
  switch (content.kind) {
    case "outcome":
      return formatOutcomeMessage(content.summary, budget, texts);
    case "slow":
      return formatSlowMessage(content.summary, budget, texts);
    case "digest":
      return formatDigestMessage(content.summaries, budget, texts);
    case "target_gone":
      return systemMessage(
        "bad",
        ["gone.headline", "gone.reason", "gone.effect", "gone.advice"],
        content,
        texts,
      );
    case "test":
      return systemMessage("good", ["test.headline", "test.sender"], content, texts);
    default:
      return content satisfies never;
  }
}

/** Creates a message about a target. The message mentions nobody. */
function systemMessage(
  tone: Tone,
  keys: readonly [headline: TextKey, ...statements: TextKey[]],
  content: Extract<NotificationContent, { kind: "target_gone" | "test" }>,
  texts: Texts,
): ChatMessage {
  const caller = content.kind === "test" ? toSafeOneLineText(content.caller) : "";
  const [headline, ...statements] = keys.map((key) =>
    fillPlaceholdersEmptyIfMissing(texts[key], { target: content.target, caller }),
  );
  return { ...EMPTY_MESSAGE, tone, headline: headline ?? "", statements, at: content.at, texts };
}

/** Formats the message about a slow job, which takes longer than 19 of 20 jobs of its type. */
function formatSlowMessage(summary: SlowSummary, budget: TextBudget, texts: Texts): ChatMessage {
  const { usual, running, runningOmitted, ageSeconds, polledAt } = summary;
  const duration = (seconds: number) => translateDurationUnits(formatDuration(seconds * 1000), texts);
  const usualText = fillPlaceholdersEmptyIfMissing(texts["slow.usual"], {
    count: usual.fromJobs,
    p50: duration(usual.p50Seconds),
    p95: duration(usual.p95Seconds),
  });
  const moreText = runningOmitted === 1 ? texts["slow.more.one"] : texts["slow.more"];
  const more =
    runningOmitted === 0 ? [] : [fillPlaceholdersEmptyIfMissing(moreText, { count: runningOmitted })];
  return {
    tone: "doubtful",
    mentions: true,
    headline: formatHeadline("🐢", texts["event.slow"], summary, duration(ageSeconds), budget, texts),
    statements: [
      usualText,
      ...running.map((subJob) => runningText(subJob, duration, budget, texts)),
      ...more,
    ],
    causes: [],
    notes: [],
    facts: listContextFacts(summary, budget, texts),
    links: listMessageLinks(summary, texts),
    footer: formatFooter([summary], texts),
    at: polledAt,
    texts,
  };
}

/**
 * Describes a running subjob. The result is, for example, `InstallNode (pool-a-1) has been running for 9 min 00 s. It
 * usually takes 3 min 20 s.`
 */
function runningText(
  { path, resourceName, ageSeconds, usualSeconds }: RunningSubJob,
  duration: (seconds: number) => string,
  budget: TextBudget,
  texts: Texts,
): string {
  const type = toSafeOneLineText(path.at(-1) ?? "");
  const resource = toSafeOneLineText(resourceName ?? "");
  const name = truncate(resource === "" ? type : `${type} (${resource})`, budget.textCharacters);
  const running =
    ageSeconds === null
      ? fillPlaceholdersEmptyIfMissing(texts["slow.running"], { name })
      : fillPlaceholdersEmptyIfMissing(texts["slow.runningFor"], { name, duration: duration(ageSeconds) });
  return usualSeconds === null
    ? running
    : joinSentences([
        running,
        fillPlaceholdersEmptyIfMissing(texts["slow.usually"], { duration: duration(usualSeconds) }),
      ]);
}
