import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { configEntries } from "../stack/config-file.ts";
import { ACCOUNT_ID } from "../template/scope.ts";
import { type LocalServer, listenLocally } from "./local-server.ts";

/** GetParametersByPath returns at most this many parameters at once. */
const PAGE_SIZE = 10;
const CONTENT_TYPE = "application/x-amz-json-1.1";

const ByPath = z.object({
  Path: z.string(),
  Recursive: z.boolean().default(false),
  WithDecryption: z.boolean().default(false),
  MaxResults: z.int().min(1).max(PAGE_SIZE).default(PAGE_SIZE),
  NextToken: z.string().regex(/^\d+$/).optional(),
});

interface SsmOptions {
  readonly configFile: string;
  /** The path of the config's parameters. */
  readonly path: string;
  readonly region: string;
}

/**
 * Starts a Parameter Store with the entries of a config file. The file is read again for each request. The server
 * supports GetParametersByPath by AWS JSON protocol 1.1. Every parameter is a SecureString.
 */
export async function startSsm(options: SsmOptions): Promise<LocalServer> {
  const server = createServer(async (request, response) => {
    const sendError = (status: number, type: string) => {
      response.writeHead(status, { "content-type": CONTENT_TYPE, "x-amzn-errortype": type });
      response.end(JSON.stringify({ __type: type, message: type }));
    };
    if (request.headers["x-amz-target"] !== "AmazonSSM.GetParametersByPath")
      return sendError(400, "UnknownOperationException");
    try {
      const page = await getParametersByPath(JSON.parse(await text(request)), options);
      response.writeHead(200, { "content-type": CONTENT_TYPE }).end(JSON.stringify(page));
    } catch {
      sendError(500, "InternalServerError");
    }
  });
  return listenLocally(server);
}

async function getParametersByPath(input: unknown, { configFile, path, region }: SsmOptions) {
  const { Path, Recursive, WithDecryption, MaxResults, NextToken } = ByPath.parse(input);
  const prefix = `${Path.replace(/\/$/, "")}/`;
  const found = configEntries(JSON.parse(await readFile(configFile, "utf8")))
    .map(({ name, value }) => ({
      Name: `${path}/${name}`,
      ARN: `arn:aws:ssm:${region}:${ACCOUNT_ID}:parameter${path}/${name}`,
      Type: "SecureString",
      DataType: "text",
      Version: 1,
      Value: WithDecryption ? value : Buffer.from(`encrypted ${name}`).toString("base64"),
    }))
    .filter(({ Name }) => Name.startsWith(prefix))
    .filter(({ Name }) => Recursive || !Name.slice(prefix.length).includes("/"));
  const start = Number(NextToken ?? 0);
  const end = start + MaxResults;
  return { Parameters: found.slice(start, end), ...(end < found.length && { NextToken: String(end) }) };
}
