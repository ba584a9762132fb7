import type { Instant } from "../../domain/job.ts";
import type { Secret } from "../../domain/secret.ts";
import { type Channel, type FormattedMessage, jsonRequest, type RateLimit } from "../channel.ts";
import type { NotificationContent } from "../notification-content.ts";
import { type ChatMessage, EMPTY_MESSAGE, TEXT_BUDGETS, type TextBudget, type Tone } from "./chat-message.ts";
import { digestMessage } from "./digest-message.ts";
import { outcomeMessage } from "./outcome-message.ts";

/** A target that people read. */
interface ChatTarget {
  readonly url: Secret;
  readonly mention?: string | undefined;
  readonly secret?: Secret | undefined;
}

/** The formatter of one chat and the limits of its receiver. */
export interface ChatFormat {
  readonly rateLimit: RateLimit;
  /** Adds the chat's markup. `mention` is the config's text, null for a message that mentions nobody. */
  render(message: ChatMessage, mention: string | null): FormattedMessage;
  isWithinLimits(message: FormattedMessage): boolean;
}

/** Makes a channel of a chat from the roles in its folder. Only a chat that checks signatures needs `buildRequest`. */
export function chatChannel<T extends ChatTarget>(roles: {
  readonly message: ChatFormat;
  readonly buildRequest?: Channel<T>["buildRequest"];
  readonly verdictOf: Channel<T>["verdictOf"];
}): Channel<T> {
  return {
    rateLimit: roles.message.rateLimit,
    format: (content, { mention }) => formatChat(content, mention ?? null, roles.message),
    buildRequest: roles.buildRequest ?? ((target, payload) => jsonRequest(target, payload)),
    verdictOf: roles.verdictOf,
    secretsOf: ({ secret }) => (secret === undefined ? [] : [secret.reveal()]),
  };
}

/** Tries the budgets in their order until the message is within the chat's limits. The last budget always is. */
function formatChat(
  content: NotificationContent,
  mention: string | null,
  { render, isWithinLimits }: ChatFormat,
): FormattedMessage {
  const format = (budget: TextBudget) => {
    const message = chatMessageOf(content, budget);
    return render(message, message.mentions ? mention : null);
  };
  const [largest, ...smaller] = TEXT_BUDGETS;
  let formatted = format(largest);
  for (const budget of smaller) {
    if (isWithinLimits(formatted)) return formatted;
    formatted = format(budget);
  }
  return formatted;
}

function chatMessageOf(content: NotificationContent, budget: TextBudget): ChatMessage {
  switch (content.kind) {
    case "outcome":
      return outcomeMessage(content.summary, budget);
    case "digest":
      return digestMessage(content.summaries, budget);
    case "target_gone":
      return systemMessage(
        "bad",
        `⚠️ Target ${content.target} is gone: it gets no more notifications`,
        content.since,
        [
          "Its receiver says that this address no longer exists. Notifications to it are recorded as gone.",
          `Give it a new address in the config, then test it: POST /v1/targets/${content.target}/test`,
        ],
      );
    case "test":
      return systemMessage("good", `✅ Test: notifications for ${content.target} arrive here`, content.at, [
        "Somebody tested this target. No job has ended.",
      ]);
    default:
      return content satisfies never;
  }
}

/** A message about a target, not about a job. It mentions nobody. */
function systemMessage(tone: Tone, headline: string, at: Instant, summary: readonly string[]): ChatMessage {
  return { ...EMPTY_MESSAGE, tone, headline, summary, at };
}
