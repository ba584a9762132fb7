// Runs in a function's own process, in place of Lambda's runtime: imports the handler, then asks the Runtime API for
// one invocation after the other. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import { access } from "node:fs/promises";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const BAD_RUNTIME = 1;

// The stack holds the other end: when it is gone, however it went, so are its functions.
process.stdin.once("close", () => process.exit(BAD_RUNTIME)).resume();

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const sent = request(api + path, { method, agent }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.once("end", () => resolve({ headers: answer.headers, body: Buffer.concat(chunks).toString() }));
      answer.once("error", reject);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

function describe(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
}

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

async function loadHandler(root, handler) {
  const slash = handler.lastIndexOf("/") + 1;
  const [file, ...names] = handler.slice(slash).split(".");
  const base = join(root, handler.slice(0, slash), file);
  for (const extension of [".mjs", ".js", ".cjs"]) {
    const path = base + extension;
    if (
      !(await access(path).then(
        () => true,
        () => false,
      ))
    )
      continue;
    const found = names.reduce((value, name) => value?.[name], await import(pathToFileURL(path).href));
    if (typeof found !== "function")
      throw new RuntimeError("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
    if (found.length >= 3)
      throw new RuntimeError(
        "Runtime.CallbackHandlerDeprecated",
        `${handler} takes a callback; since Node.js 24 Lambda calls asynchronous handlers only`,
      );
    return found;
  }
  throw new RuntimeError("Runtime.ImportModuleError", `Cannot find module '${base}'`);
}

function contextOf(headers) {
  const deadlineMs = Number(headers["lambda-runtime-deadline-ms"]);
  const name = process.env.AWS_LAMBDA_FUNCTION_NAME;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

let current = "/init";
async function fail(error) {
  await call("POST", `${current}/error`, JSON.stringify(describe(error))).catch(() => {});
  process.exit(BAD_RUNTIME);
}
process.on("uncaughtException", fail);
process.on("unhandledRejection", (reason) =>
  fail(new RuntimeError("Runtime.UnhandledPromiseRejection", describe(reason).errorMessage)),
);

const handle = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER).catch(fail);
for (;;) {
  const { headers, body } = await call("GET", "/invocation/next").catch(() => process.exit(BAD_RUNTIME));
  current = `/invocation/${headers["lambda-runtime-aws-request-id"]}`;
  process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
  let outcome;
  try {
    outcome = {
      path: "response",
      body: JSON.stringify(await handle(JSON.parse(body), contextOf(headers))) ?? "null",
    };
  } catch (error) {
    console.error(error);
    outcome = { path: "error", body: JSON.stringify(describe(error)) };
  }
  await call("POST", `${current}/${outcome.path}`, outcome.body);
}
