import { toObjectOrEmpty } from "../../lib/domain/json.ts";

/**
 * The minimum length of a secret. The service masks secrets in texts, so a short secret would also mask parts of
 * ordinary words.
 */
const MIN_SECRET_CHARACTERS = 8;
const CREDENTIALS = ["accessKey", "secretKey", "securityToken", "password", "token"];

/**
 * Finds secrets in a config that are blank or too short. Returns one line of text for each blank or short secret. The
 * line does not contain the secret. The Lambda functions still accept short secrets, so that an upgrade does not stop a
 * running service.
 */
export function findShortSecrets(document: unknown): readonly string[] {
  const { projects, targets, settings } = toObjectOrEmpty(document);
  const secrets = [
    ...Object.entries(toObjectOrEmpty(projects)).flatMap(([name, project]) => {
      const auth = toObjectOrEmpty(toObjectOrEmpty(project).auth);
      return CREDENTIALS.map((key) => ({ path: `projects.${name}.auth.${key}`, secret: auth[key] }));
    }),
    ...Object.entries(toObjectOrEmpty(targets)).flatMap(([name, target]) => {
      const { secret, secrets: several } = toObjectOrEmpty(target);
      return [{ path: `targets.${name}.secret`, secret }, ...listItems(`targets.${name}.secrets`, several)];
    }),
    ...listItems("settings.callbackSecrets", toObjectOrEmpty(settings).callbackSecrets),
  ];
  return secrets
    .filter(({ secret }) => typeof secret === "string" && secret.trim().length < MIN_SECRET_CHARACTERS)
    .map(({ path }) => `${path}: must have at least ${MIN_SECRET_CHARACTERS} characters`);
}

const listItems = (path: string, items: unknown) =>
  (Array.isArray(items) ? items : []).map((secret: unknown, i) => ({ path: `${path}[${i}]`, secret }));
