import {
  PageToken,
  PageTokenError,
  parsePageTokenOrThrow,
  replaceCallerByHashInPageTokenOrThrow,
  restoreCallerInPageTokenOrThrow,
  toInternalPageToken,
} from "../../../lib/ledger/page-token.ts";
import type { Watch } from "../../../lib/ledger/watch.ts";

const jobId = "j".repeat(128);
const acceptedAt = 1_800_000_000_000;
const CALLERS = [
  ["many letters", `oidc:https://ci.example.com:${"x".repeat(700)}`],
  ["many characters that JSON escapes", "\u0001".repeat(800)],
] as const;
const ledgerWith = (...callers: string[]) => ({
  listJobWatchesNewestFirst: async () => callers.map((caller) => ({ acceptedAt, jobId, caller }) as Watch),
});

test.each(CALLERS)("a page token is valid for a caller whose name has %s", (_, caller) => {
  const position = { acceptedAt, jobId, caller };
  expect(parsePageTokenOrThrow(toInternalPageToken(position))).toEqual(position);
});

test.each([
  ["an empty token", ""],
  [
    "a character that base64url does not have",
    `${toInternalPageToken({ acceptedAt, jobId, caller: "token:a" })}=`,
  ],
  ["a token of more than 7000 characters", Buffer.from(" ".repeat(5300)).toString("base64url")],
  ["an array of other values", Buffer.from('["a","b","c"]').toString("base64url")],
  ["a job ID that is not valid", Buffer.from('[1,"..","token:a"]').toString("base64url")],
  ["a time before 1970", Buffer.from('[-1,"j","token:a"]').toString("base64url")],
])("a page token is refused if it is %s", (_, token) => {
  expect(() => parsePageTokenOrThrow(token)).toThrow(new PageTokenError("The page token is not valid."));
});

test("a page token with spaces in front of its JSON is valid up to 7000 characters", () => {
  const json = JSON.stringify([acceptedAt, "j", "token:a"]);
  const token = Buffer.from(json.padStart(5250)).toString("base64url");
  expect(token).toHaveLength(7000);
  expect(parsePageTokenOrThrow(token)).toEqual({ acceptedAt, jobId: "j", caller: "token:a" });
  expect(() => parsePageTokenOrThrow(Buffer.from(json.padStart(5251)).toString("base64url"))).toThrow(
    PageTokenError,
  );
});

test.each(["!W10", "W10=", "", "A".repeat(7001)])(
  "the form of a page token is checked, and the fault says where the value comes from (%#)",
  (token) => {
    const [issue] = PageToken.safeParse(token).error?.issues ?? [];
    expect(issue?.message).toBe("must be the value of 'next' from the previous page");
  },
);

test("the error of a page token has the name of its class", () => {
  expect(String(new PageTokenError("-"))).toBe("PageTokenError: -");
});

describe("the page token for a reader of the job list", () => {
  test.each(CALLERS)("finds the caller again whose name has %s", async (_, caller) => {
    const token = toInternalPageToken({ acceptedAt, jobId, caller });
    const ledger = ledgerWith("token:b", caller, "discover:prod");
    expect(
      await restoreCallerInPageTokenOrThrow(replaceCallerByHashInPageTokenOrThrow(token), "prod", ledger),
    ).toBe(token);
  });

  test("contains no name, and continues after the watches of the job if the watch is gone", async () => {
    const hidden = replaceCallerByHashInPageTokenOrThrow(
      toInternalPageToken({ acceptedAt, jobId, caller: "token:a" }),
    );
    expect(Buffer.from(hidden, "base64url").toString()).toMatch(/^\[\d+,"j+",\d{1,3}\]$/);
    const found = parsePageTokenOrThrow(await restoreCallerInPageTokenOrThrow(hidden, "prod", ledgerWith()));
    for (const caller of ["discover:p", "oidc:i:s", "token:a"]) expect(found.caller < caller).toBe(true);
  });

  test("needs the watches of the job in the given project", async () => {
    const asked: unknown[] = [];
    const ledger = {
      listJobWatchesNewestFirst: async (job: unknown) => {
        asked.push(job);
        return [];
      },
    };
    await restoreCallerInPageTokenOrThrow(
      replaceCallerByHashInPageTokenOrThrow(toInternalPageToken({ acceptedAt, jobId, caller: "c" })),
      "prod",
      ledger,
    );
    expect(asked).toEqual([{ project: "prod", jobId }]);
  });

  test("finds a watch only at its time", async () => {
    const token = toInternalPageToken({ acceptedAt, jobId, caller: "token:a" });
    const same = {
      listJobWatchesNewestFirst: async () => [{ acceptedAt, jobId, caller: "token:a" } as Watch],
    };
    expect(
      await restoreCallerInPageTokenOrThrow(replaceCallerByHashInPageTokenOrThrow(token), "prod", same),
    ).toBe(token);
    const later = {
      listJobWatchesNewestFirst: async () => [
        { acceptedAt: acceptedAt + 1, jobId, caller: "token:a" } as Watch,
      ],
    };
    expect(
      await restoreCallerInPageTokenOrThrow(replaceCallerByHashInPageTokenOrThrow(token), "prod", later),
    ).not.toBe(token);
  });

  test.each([-1, 256, 1.5, "a"])("is refused with %j in place of the byte", async (byte) => {
    const token = Buffer.from(JSON.stringify([acceptedAt, "j", byte])).toString("base64url");
    await expect(restoreCallerInPageTokenOrThrow(token, "prod", ledgerWith())).rejects.toThrow(
      new PageTokenError("The page token is not valid."),
    );
  });

  test.each([0, 255])("is accepted with the byte %i", async (byte) => {
    const token = Buffer.from(JSON.stringify([acceptedAt, "j", byte])).toString("base64url");
    expect(
      parsePageTokenOrThrow(await restoreCallerInPageTokenOrThrow(token, "prod", ledgerWith())),
    ).toMatchObject({
      jobId: "j",
    });
  });

  test.each(["", "x", "W10", toInternalPageToken({ acceptedAt, jobId, caller: "token:a" })])(
    "is refused in the form %j",
    async (token) => {
      await expect(restoreCallerInPageTokenOrThrow(token, "prod", ledgerWith())).rejects.toThrow(
        PageTokenError,
      );
    },
  );
});
