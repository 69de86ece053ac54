/** Characters that steer a terminal, a mail client or the direction of text, and halves of surrogate pairs. */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/** One line of visible text, at most `max` characters long; what is cut is marked. */
export function plainText(text: string, max: number): string {
  const line = text.replaceAll(UNSAFE, " ").replaceAll(/\s+/gu, " ").trim();
  const characters = [...line];
  return characters.length <= max ? line : `${characters.slice(0, max - 1).join("")}…`;
}
