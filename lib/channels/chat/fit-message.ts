import { SHARES, type Share, type Story } from "./chat-message.ts";

/**
 * Renders a story with as much as fits: generous shares first, smaller ones until the channel's limit holds.
 * The smallest is bounded by its own numbers, and taken whatever `fits` says.
 */
export function fitStory<T>(
  tell: (share: Share) => Story,
  render: (story: Story) => T,
  fits: (rendered: T) => boolean,
): T {
  const [generous, ...smaller] = SHARES;
  if (generous === undefined) throw new Error("there is no share to try");
  let rendered = render(tell(generous));
  for (const share of smaller) {
    if (fits(rendered)) return rendered;
    rendered = render(tell(share));
  }
  return rendered;
}
