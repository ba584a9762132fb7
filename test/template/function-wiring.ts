import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type OwnTemplate, ROOT } from "./own-template.ts";

type Service = OwnTemplate["service"];
export const functionNamed = ({ functions }: Service, name: string) =>
  functions.find(({ shortName }) => shortName === name);

/** Returns the queue that invokes a function. */
export function queueOf(service: Service, name: string) {
  const arn = functionNamed(service, name)?.arn;
  const queueArn = service.eventSources.find(({ functionName }) => functionName === arn)?.queueArn;
  return service.queues.find((queue) => queue.arn === queueArn);
}

/** Returns the source of a function's handler, which names the environment variables that the function reads. */
export function handlerOf(name: string): string {
  const text = handlers.get(name) ?? readFileSync(join(ROOT, `functions/${name}/handler.ts`), "utf8");
  handlers.set(name, text);
  return text;
}
const handlers = new Map<string, string>();
