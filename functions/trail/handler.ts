import { createLambdaHandler } from "../../lib/runtime/invocation.ts";
import { copyActs } from "./copy-acts.ts";

/** Each line has the form of a log line already, so the logger must not write it as the message of another line. */
const writeLine = (line: string) => void process.stdout.write(`${line}\n`);

export const handler = createLambdaHandler<unknown, void>(async (event) => copyActs(event, writeLine));
