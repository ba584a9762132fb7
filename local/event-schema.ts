import * as z from "zod/mini";
import { WebhookEvent } from "../lib/channels/webhook/event.ts";

/**
 * Returns a JSON Schema (version 2020-12) for all webhook events. The schema allows unknown fields, because a later
 * release of the service may add fields to webhook events.
 */
export function createEventSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(WebhookEvent, {
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return { title: "Events of the CCE job notifier", ...schema };
}
