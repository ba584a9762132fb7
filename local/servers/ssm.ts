import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { ACCOUNT } from "../template/scope.ts";
import { configEntries } from "./config-entries.ts";

/** The most that GetParametersByPath answers at once. */
const PAGE_SIZE = 10;

const ByPath = z.object({
  Path: z.string(),
  Recursive: z.boolean().default(false),
  WithDecryption: z.boolean().default(false),
  MaxResults: z.int().min(1).max(PAGE_SIZE).default(PAGE_SIZE),
  NextToken: z.string().regex(/^\d+$/).optional(),
});
const ByName = z.object({ Name: z.string(), WithDecryption: z.boolean().default(false) });

class SsmError extends Error {
  override name = "SsmError";
  readonly type: string;
  constructor(type: string) {
    super(type);
    this.type = type;
  }
}

/**
 * Starts a Parameter Store that answers for one path from a config file, read anew for each request. It speaks what
 * functions ask: GetParametersByPath and GetParameter, AWS JSON protocol 1.1, every value a SecureString.
 */
export async function startSsm(options: {
  configFile: string;
  path: string;
  region: string;
}): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    try {
      const operation = String(request.headers["x-amz-target"]).replace("AmazonSSM.", "");
      const answer = await perform(operation, JSON.parse(await text(request)), options);
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer));
    } catch (error) {
      const [status, type] = error instanceof SsmError ? [400, error.type] : [500, "InternalServerError"];
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": type });
      response.end(JSON.stringify({ __type: type, message: type }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => stop(server) };
}

async function perform(
  operation: string,
  input: unknown,
  { configFile, path, region }: { configFile: string; path: string; region: string },
): Promise<unknown> {
  const entries = configEntries(JSON.parse(await readFile(configFile, "utf8")));
  const parameter = ({ name, value }: { name: string; value: string }, decrypted: boolean) => ({
    Name: `${path}/${name}`,
    ARN: `arn:aws:ssm:${region}:${ACCOUNT}:parameter${path}/${name}`,
    Type: "SecureString",
    DataType: "text",
    Version: 1,
    Value: decrypted ? value : Buffer.from(`encrypted ${name}`).toString("base64"),
  });
  switch (operation) {
    case "GetParametersByPath": {
      const { Path, Recursive, WithDecryption, MaxResults, NextToken } = ByPath.parse(input);
      const under = `${Path.replace(/\/$/, "")}/`;
      const found = entries
        .map((entry) => parameter(entry, WithDecryption))
        .filter(
          ({ Name }) => Name.startsWith(under) && (Recursive || !Name.slice(under.length).includes("/")),
        );
      const start = Number(NextToken ?? 0);
      const end = start + MaxResults;
      return { Parameters: found.slice(start, end), ...(end < found.length && { NextToken: String(end) }) };
    }
    case "GetParameter": {
      const { Name, WithDecryption } = ByName.parse(input);
      const entry = entries.find(({ name }) => `${path}/${name}` === Name);
      if (!entry) throw new SsmError("ParameterNotFound");
      return { Parameter: parameter(entry, WithDecryption) };
    }
    default:
      throw new SsmError("UnknownOperationException");
  }
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
