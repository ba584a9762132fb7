import { createSocket } from "node:dgram";
import { promises } from "node:dns";
import { once } from "node:events";
import type { LookupFunction } from "node:net";

const TYPE_A = 1;
const TYPE_AAAA = 28;

/** Returns the IPv4 and IPv6 addresses of a host name. The DNS server calls this function once for every question. */
export type Zone = (name: string) => readonly string[];

export interface NameServer {
  /** Works like `dns.lookup`, but asks this DNS server. */
  readonly lookup: LookupFunction;
  readonly questions: string[];
  close(): void;
}

/** Starts a DNS server on a separate UDP port. The server answers A and AAAA questions from `zone`. */
export async function startNameServer(zone: Zone): Promise<NameServer> {
  const server = createSocket("udp4");
  const questions: string[] = [];
  server.on("message", (query, from) => {
    const { name, type, end } = readQuestion(query);
    questions.push(`${type === TYPE_A ? "A" : "AAAA"} ${name}`);
    const addresses = zone(name).filter((address) => address.includes(":") === (type === TYPE_AAAA));
    server.send(reply(query.subarray(0, end), addresses.map(bytesOf), type), from.port, from.address);
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const resolver = new promises.Resolver();
  resolver.setServers([`127.0.0.1:${server.address().port}`]);

  const resolve = async (name: string) => {
    const v4 = await resolver.resolve4(name).catch(() => []);
    const v6 = await resolver.resolve6(name).catch(() => []);
    return [
      ...v4.map((address) => ({ address, family: 4 })),
      ...v6.map((address) => ({ address, family: 6 })),
    ];
  };
  return {
    lookup: (name, _options, done) => {
      resolve(name).then((answers) =>
        answers.length === 0
          ? done(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), [])
          : done(null, answers),
      );
    },
    questions,
    close: () => {
      resolver.cancel();
      server.close();
    },
  };
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join("."), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function reply(question: Buffer, addresses: readonly Buffer[], type: number): Buffer {
  const header = Buffer.from(question);
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  header.writeUInt32BE(0, 8);
  const records = addresses.map((address) => {
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt16BE(address.length, 10);
    return Buffer.concat([record, address]);
  });
  return Buffer.concat([header, ...records]);
}

/** Returns the bytes of an IP address. */
function bytesOf(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail = ""] = groups.split("::");
  const [start, end] = [head, tail].map((part) => part.split(":").filter((group) => group !== ""));
  const middle = Array.from({ length: 8 - (start?.length ?? 0) - (end?.length ?? 0) }, () => "0");
  const numbers = [...(start ?? []), ...middle, ...(end ?? [])].map((group) => Number.parseInt(group, 16));
  return Buffer.from(numbers.flatMap((number) => [number >> 8, number & 255]));
}
