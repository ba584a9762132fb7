// This module runs the handler of a packaged function and appends the handler's log lines to a file.
import { appendFileSync } from "node:fs";

const { FUNCTION_URL = "", LOG_FILE = "" } = process.env;
process.stdout.write = (chunk) => {
  appendFileSync(LOG_FILE, chunk);
  return true;
};

export const { handler } = await import(FUNCTION_URL);
