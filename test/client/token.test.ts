import { jest } from "@jest/globals";
import { TokenError, UnreachableError } from "../../client/errors.ts";
import { createGithubTokenSource, findTokenFault, parseToken } from "../../client/token.ts";

test.each([
  ["ab\ncd", "a line break"],
  ["ab cd", "a space"],
  ["ccen_…", "a shortened example"],
  ["abécd", "an invalid character"],
  ["  ", "is empty"],
])("refuses %j as a token, with a reason that does not contain the token", (text, reason) => {
  expect(findTokenFault(text)).toContain(reason);
  expect(() => parseToken(text)).toThrow(TokenError);
  expect(() => parseToken(text)).toThrow(`The token ${findTokenFault(text)}.`);
  expect(findTokenFault(text)).not.toMatch(/ab|cd|ccen/);
});

test("removes the spaces and line breaks around a token", () => {
  expect(parseToken(" ccen_a-b~c.d/+==\r\n")).toBe("ccen_a-b~c.d/+==");
});

describe("the identity token of GitHub Actions", () => {
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: "https://ci.example/token?a=1",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "r",
  };

  test("is not available outside of a job", () => {
    for (const part of [
      {},
      { ACTIONS_ID_TOKEN_REQUEST_URL: env.ACTIONS_ID_TOKEN_REQUEST_URL },
      { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: "" },
    ])
      expect(createGithubTokenSource(part, "us")).toBeNull();
  });

  test("is requested with a time limit of 10 s", async () => {
    const timeout = jest.spyOn(AbortSignal, "timeout");
    await createGithubTokenSource(env, "us", async () => Response.json({ value: "jwt" }))?.();
    expect(timeout.mock.calls).toEqual([[10_000]]);
    timeout.mockRestore();
  });

  test.each([
    ["us", "https://ci.example/token?a=1&audience=us"],
    [
      "https://ci.example/a&b=ä",
      "https://ci.example/token?a=1&audience=https%3A%2F%2Fci.example%2Fa%26b%3D%C3%A4",
    ],
  ])("is requested for the audience %s", async (audience, url) => {
    const requests: string[] = [];
    const send = async (requested: string | URL | Request, init?: RequestInit) => {
      requests.push(String(requested));
      expect(new Headers(init?.headers).get("authorization")).toBe("Bearer r");
      expect(init?.signal?.aborted).toBe(false);
      return Response.json({ value: "jwt" });
    };
    expect(await createGithubTokenSource(env, audience, send)?.()).toBe("jwt");
    expect(requests).toEqual([url]);
  });

  test("causes an error when GitHub refuses it", async () => {
    const send = async () => Response.json({ message: "no" });
    const refused = await createGithubTokenSource(env, "us", send)?.().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UnreachableError);
    expect(refused).toMatchObject({
      name: "UnreachableError",
      message: "GitHub did not issue an identity token for this job.",
      cause: expect.any(Error),
    });
  });
});
