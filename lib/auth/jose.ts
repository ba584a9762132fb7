/** What this service uses of `jose`. To import the whole package at run time would leave nothing of it out of a bundle. */
export { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
export { JWKSNoMatchingKey } from "jose/errors";
