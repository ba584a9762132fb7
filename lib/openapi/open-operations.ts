import { answer, emptyAnswer, query, textAnswer, WATCH } from "./parts.ts";

const OPEN = { security: [] };
const text = { type: "string" };

/** The operations that need no token: documents, health, and the pages that their links open. */
export const OPEN_OPERATIONS = {
  readOpenApi: {
    ...OPEN,
    summary: "This document",
    responses: {
      200: {
        ...emptyAnswer("OpenAPI 3.1."),
        content: { "application/json": { schema: { type: "object" } } },
      },
    },
  },
  readHealth: {
    ...OPEN,
    summary: "Whether the service can do its work",
    responses: {
      200: answer("Config, ledger and queues answer.", "HealthDocument"),
      503: answer("One of them does not.", "HealthDocument"),
    },
  },
  readDocs: {
    ...OPEN,
    summary: "This document as a page",
    responses: { 200: textAnswer("The page.", "text/html") },
  },
  showJob: {
    ...OPEN,
    summary: "How a job stands, as a page",
    parameters: [...WATCH, query("key", "From the link: opens this page without a token.", text)],
    responses: {
      200: textAnswer("The page.", "text/html"),
      304: emptyAnswer("The reader has it already."),
      404: textAnswer("The key does not open it, or no longer, or nobody watches the job.", "text/html"),
    },
  },
  showJobs: {
    ...OPEN,
    summary: "The recent jobs of a project, as a page",
    parameters: [
      query("key", "From the link.", text),
      query("project", "By default the operator's default project.", text),
      query("state", "Only watches in this state.", text),
      query("text", "Only watches with these words.", text),
      query("before", "Where older ones begin.", text),
    ],
    responses: {
      200: textAnswer("The page.", "text/html"),
      304: emptyAnswer("The reader has it already."),
      404: textAnswer("The key does not open it, or no longer.", "text/html"),
    },
  },
};
