import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

/**
 * A CI that hands its jobs tokens of who they are, over real HTTP; `GET /token?…&audience=…` is where a job of the
 * repository org/infra asks for its own.
 */
export interface Issuer {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  token(options: { audience: string; claims: Record<string, unknown> }): Promise<string>;
  stop(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  const pair = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: "key-1", alg: "RS256", use: "sig" };
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    documentOf(new URL(path, url)).then((document) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(document)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token: Issuer["token"] = ({ audience, claims }) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: "key-1" })
      .setIssuer(url)
      .setAudience(audience)
      .setExpirationTime("5m")
      .sign(pair.privateKey);

  async function documentOf({ pathname, searchParams }: URL): Promise<object> {
    switch (pathname) {
      case "/.well-known/openid-configuration":
        return { issuer: url, jwks_uri: `${url}/keys` };
      case "/token":
        return {
          value: await token({
            audience: searchParams.get("audience") ?? "",
            claims: { repository: "org/infra" },
          }),
        };
      default:
        return { keys: [jwk] };
    }
  }

  return {
    url,
    asked,
    token,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
