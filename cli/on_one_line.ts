/** Text for one line of a terminal or a log: names of tables are in it, and those may hold line breaks and escape sequences. */
export function onOneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}
