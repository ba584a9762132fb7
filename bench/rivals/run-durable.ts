import { LocalDurableTestRunner } from "@aws/durable-execution-sdk-js-testing";
import { handler } from "./durable-function.ts";

/**
 * Runs the durable function once with a local test runner, which skips the waiting times. Prints the number of
 * operations and invocations of the durable function, and its CPU time in microseconds, as JSON.
 */
await LocalDurableTestRunner.setupTestEnvironment({ skipTime: true });
const runner = new LocalDurableTestRunner({ handlerFunction: handler });
const before = process.cpuUsage();
const execution = await runner.run({ payload: { jobId: "job" } });
const { user, system } = process.cpuUsage(before);
const operations = execution.getOperations().length;
const invocations = execution.getInvocations().length;
process.stdout.write(`${JSON.stringify({ operations, invocations, microseconds: user + system })}\n`);
await LocalDurableTestRunner.teardownTestEnvironment();
