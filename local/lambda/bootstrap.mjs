// This file runs in the process of a local Lambda function and replaces Lambda's runtime. This file imports the
// function's handler, and then asks the Runtime API for one invocation after another.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import { existsSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

/**
 * @typedef {import("node:http").IncomingHttpHeaders} Headers
 * @typedef {(event: unknown, context: unknown) => unknown} Handler
 */

const env = process.env;
const API_URL = `http://${env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const AGENT = new Agent({ keepAlive: true, maxSockets: 1 });
const RUNTIME_FAILED = 1;

// The stdin of this process is a pipe from the process of the local stack. If the process of the stack ends for any
// reason, stdin closes and this process ends too.
process.stdin.once("close", () => process.exit(RUNTIME_FAILED)).resume();

/**
 * @param {"GET" | "POST"} method
 * @param {string} path
 * @param {string} [body]
 * @returns {Promise<{ headers: Headers, body: string }>}
 */
function callApi(method, path, body) {
  return new Promise((resolve, reject) => {
    const sent = request(API_URL + path, { method, agent: AGENT }, (response) => {
      text(response).then((answer) => resolve({ headers: response.headers, body: answer }), reject);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

class RuntimeError extends Error {
  /**
   * @param {string} name
   * @param {string} message
   */
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

/** @param {unknown} error */
function describeError(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
}

/**
 * Imports the module of a handler and returns the handler function.
 * @param {string} root
 * @param {string} handler such as `functions/poll/handler.handler`
 * @returns {Promise<Handler>}
 */
async function loadHandler(root, handler) {
  const fileStart = handler.lastIndexOf("/") + 1;
  const [file = "", ...exportPath] = handler.slice(fileStart).split(".");
  const base = join(root, handler.slice(0, fileStart), file);
  const module = [".mjs", ".js", ".cjs"].map((extension) => base + extension).find(existsSync);
  if (module === undefined)
    throw new RuntimeError("Runtime.ImportModuleError", `Cannot find module '${base}'`);
  const found = exportPath.reduce((value, name) => value?.[name], await import(pathToFileURL(module).href));
  if (typeof found !== "function")
    throw new RuntimeError("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  if (found.length >= 3)
    throw new RuntimeError(
      "Runtime.CallbackHandlerDeprecated",
      `${handler} has a callback parameter. Lambda's Node.js 24 runtime supports async handlers only.`,
    );
  return found;
}

/** @param {Headers} headers */
function invocationContext(headers) {
  const deadlineMs = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

let currentPath = "/init";

/**
 * @param {unknown} error
 * @returns {Promise<never>}
 */
async function fail(error) {
  await callApi("POST", `${currentPath}/error`, JSON.stringify(describeError(error))).catch(() => {});
  process.exit(RUNTIME_FAILED);
}
process.on("uncaughtException", fail);
process.on("unhandledRejection", (reason) =>
  fail(new RuntimeError("Runtime.UnhandledPromiseRejection", describeError(reason).errorMessage)),
);

const handle = await loadHandler(env.LAMBDA_TASK_ROOT ?? "", env._HANDLER ?? "").catch(fail);
for (;;) {
  const { headers, body } = await callApi("GET", "/invocation/next").catch(() =>
    process.exit(RUNTIME_FAILED),
  );
  currentPath = `/invocation/${headers["lambda-runtime-aws-request-id"]}`;
  env._X_AMZN_TRACE_ID = String(headers["lambda-runtime-trace-id"]);
  let outcome;
  try {
    const result = await handle(JSON.parse(body), invocationContext(headers));
    outcome = { path: "response", body: JSON.stringify(result) ?? "null" };
  } catch (error) {
    console.error(error);
    outcome = { path: "error", body: JSON.stringify(describeError(error)) };
  }
  await callApi("POST", `${currentPath}/${outcome.path}`, outcome.body);
}
