// This file runs in the process of a local Lambda function and replaces Lambda's runtime. This file imports the Lambda
// function's handler, and then asks the Runtime API for one invocation after another. After an unhandled error, Node.js
// ends the process with exit status 1, as on Lambda with Node.js 24. If a handler waits for a promise that never
// settles, and no other work is left, the process ends with exit status 0.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html https://www.npmjs.com/package/aws-lambda-ric

import { existsSync } from "node:fs";
import { Agent, request } from "node:http";
import { Socket } from "node:net";
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

// The stdin of this process is a pipe from the local stack's process. If the stack's process ends, stdin closes and
// this process also ends. An open stdin must not keep the process running, because Lambda has no such pipe.
process.stdin.once("close", () => process.exit(RUNTIME_FAILED)).resume();
if (process.stdin instanceof Socket) process.stdin.unref();

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
 * @param {string} handler the file and the exported function, such as `functions/poll/handler.handler`
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

/** @param {unknown} result */
function serialize(result) {
  try {
    return JSON.stringify(result === undefined ? null : result);
  } catch {
    throw new RuntimeError("Runtime.JSONStringifyError", "Unable to stringify response body");
  }
}

async function run() {
  const handle = await loadHandler(env.LAMBDA_TASK_ROOT ?? "", env._HANDLER ?? "").catch(async (error) => {
    await callApi("POST", "/init/error", JSON.stringify(describeError(error)));
    throw error;
  });
  for (;;) {
    const { headers, body } = await callApi("GET", "/invocation/next");
    env._X_AMZN_TRACE_ID = String(headers["lambda-runtime-trace-id"]);
    let outcome;
    try {
      const result = await handle(JSON.parse(body), invocationContext(headers));
      outcome = { path: "response", body: serialize(result) };
    } catch (error) {
      console.error(error);
      outcome = { path: "error", body: JSON.stringify(describeError(error)) };
    }
    const id = headers["lambda-runtime-aws-request-id"];
    await callApi("POST", `/invocation/${id}/${outcome.path}`, outcome.body);
  }
}

void run();
