import type { Hint, Link } from "./chat-message.ts";

/** Longer addresses break a channel's limits, and a link that is cut leads nowhere. */
const LONGEST_URL = 600;
const ADDRESS_AT_END = /^(.*?)\s*(https:\/\/\S+)$/s;

/** The link if a browser would open it as http or https, without credentials, and channels take it; else null. */
export function linkTo(label: string, address: string | null | undefined): Link | null {
  const url = address ? URL.parse(address.toWellFormed()) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return null;
  if (url.username !== "" || url.password !== "") return null;
  // What would end an address in some dialect, or begin a mention or an emphasis in it.
  const href = url.href.replace(/[()<>|\\'"`*~@!\s[\]]/g, (character) => percent(character));
  return href.length > LONGEST_URL ? null : { label, url: href };
}

/** A hint with the address at its end apart. */
export function hintOf(hint: string): Hint {
  const [, advice, address] = ADDRESS_AT_END.exec(hint) ?? [];
  const link = linkTo("", address);
  return link === null || !advice ? { advice: hint, url: null } : { advice, url: link.url };
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
