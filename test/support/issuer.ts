import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

/**
 * An issuer of identity tokens on a local HTTP server. `GET /token?audience=…` returns a token for a job of the
 * repository org/infra.
 */
export interface Issuer {
  readonly url: string;
  /** The paths of all requests that the issuer has received. */
  readonly requests: string[];
  /** The HTTP status of all responses. */
  status: number;
  token(options: { audience: string; claims: Record<string, unknown> }): Promise<string>;
  stop(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  const pair = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: "key-1", alg: "RS256", use: "sig" };
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    documentOf(new URL(path, url)).then((document) =>
      response.writeHead(issuer.status, { "content-type": "application/json" }).end(JSON.stringify(document)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token: Issuer["token"] = ({ audience, claims }) =>
    new SignJWT({ sub: "repo:org/infra", ...claims })
      .setProtectedHeader({ alg: "RS256", kid: "key-1" })
      .setIssuer(url)
      .setAudience(audience)
      .setIssuedAt()
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

  const issuer: Issuer = {
    url,
    requests,
    status: 200,
    token,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
  return issuer;
}
