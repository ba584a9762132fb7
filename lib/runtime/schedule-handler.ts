import { type Invocation, onLambda } from "./invocation.ts";

/** A function that a schedule starts. Its event says nothing that the function needs. */
export function scheduleHandler(handle: (invocation: Invocation) => Promise<void>) {
  return onLambda<unknown, void>((_event, invocation) => handle(invocation));
}
