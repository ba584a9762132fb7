import { randomBytes, sign } from "node:crypto";
import { createSmnStringToSign, type SmnMessage } from "../../lib/cce/smn.ts";
import type { SimulatedResponse } from "./responses.ts";
import { createSelfSignedCertificate, type SelfSignedCertificate } from "./self-signed-certificate.ts";

const CERTIFICATE_PATH = "/smn/SMN_simulator.pem";
const CONFIRM_PATH = "/smn/subscription/confirm";

/** The HTTP response of an endpoint to a message of SMN. */
export interface EndpointAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * The simulated SMN (the cloud's notification service) signs messages, serves its certificate, and confirms
 * subscriptions.
 */
export class SimulatedSmn {
  #certificate: SelfSignedCertificate | null;
  readonly #now: () => number;
  /** A map from the token of each unconfirmed subscription to the topic of the subscription. */
  readonly #pending = new Map<string, string>();
  /** The topic of each confirmed subscription. */
  readonly confirmed: string[] = [];
  /** The number of requests for the certificate of the simulated SMN. */
  certificateReads = 0;

  /** Without a certificate, the simulated SMN creates one when it needs one, which takes some time. */
  constructor(now: () => number, certificate: SelfSignedCertificate | null = null) {
    this.#now = now;
    this.#certificate = certificate;
  }

  /** Returns SMN's response to a request for the certificate or for a confirmation, or null for any other path. */
  respond({ pathname, searchParams }: URL): SimulatedResponse | null {
    if (pathname === CERTIFICATE_PATH) {
      this.certificateReads += 1;
      return { status: 200, body: this.#getOrCreateCertificate().pem };
    }
    if (pathname !== CONFIRM_PATH) return null;
    const token = searchParams.get("token") ?? "";
    const topic = this.#pending.get(token);
    if (topic === undefined) return { status: 404, body: { code: "SMN.0004" } };
    this.#pending.delete(token);
    this.confirmed.push(topic);
    return { status: 200, body: {} };
  }

  /** Returns a signed SMN message. `changes` replaces fields of the message before the signature is made. */
  createMessage(origin: string, topicUrn: string, changes: Partial<SmnMessage>): SmnMessage {
    const token = randomBytes(8).toString("hex");
    const confirms = changes.type === "SubscriptionConfirmation";
    if (confirms) this.#pending.set(token, topicUrn);
    const unsigned: SmnMessage = {
      type: "Notification",
      topic_urn: topicUrn,
      message_id: randomBytes(16).toString("hex"),
      message: "",
      timestamp: new Date(this.#now()).toISOString().replace(/\.\d+Z$/, "Z"),
      signature: "",
      signature_version: "v1",
      signing_cert_url: `${origin}${CERTIFICATE_PATH}`,
      ...(confirms && { subscribe_url: `${origin}${CONFIRM_PATH}?token=${token}` }),
      ...changes,
    };
    const signature = sign(
      "sha256",
      Buffer.from(createSmnStringToSign(unsigned)),
      this.#getOrCreateCertificate().privateKey,
    );
    return { ...unsigned, signature: signature.toString("base64") };
  }

  #getOrCreateCertificate(): SelfSignedCertificate {
    this.#certificate ??= createSelfSignedCertificate("smn.simulator");
    return this.#certificate;
  }
}

/** Sends an SMN message to an HTTPS endpoint, in the same way as SMN. */
export async function sendSmnMessage(endpoint: string, message: SmnMessage): Promise<EndpointAnswer> {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "text/plain; charset=UTF-8",
      "x-smn-message-type": message.type,
      "x-smn-message-id": message.message_id,
      "x-smn-topic-urn": message.topic_urn,
    },
    body: JSON.stringify(message),
  });
  return { status: answer.status, body: await answer.text() };
}

/** Returns the JSON text of a trace (a record of the cloud's audit log CTS) about an operation of CCE. */
export function createCceTrace(name: string): string {
  return JSON.stringify({
    trace_id: randomBytes(16).toString("hex"),
    trace_name: name,
    trace_rating: "normal",
    trace_type: "ConsoleAction",
    service_type: "CCE",
    resource_type: name.replace(/^(create|delete)/, "").toLowerCase(),
    request: "",
    response: "",
  });
}
