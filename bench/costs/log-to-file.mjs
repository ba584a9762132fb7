// This bundle runs the handler of another bundle and appends the log of the handler to a file.
import { appendFileSync } from "node:fs";

const { FUNCTION_URL = "", LOG_FILE = "" } = process.env;
process.stdout.write = (chunk) => {
  appendFileSync(LOG_FILE, chunk);
  return true;
};

export const { handler } = await import(FUNCTION_URL);
