const TAB = 0x09;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;

/**
 * Keeps some columns of COPY text. Tabs and newlines of values are escaped in it, so a bare one always separates; what
 * follows a backslash belongs to its value whatever it is.
 *
 * @param places which of the `columns` values of a row are kept, ascending and at least one
 * @throws RangeError when a row has another number of values, or the text does not end with a row
 */
export function projectColumns(text: Uint8Array, columns: number, places: readonly number[]): Uint8Array {
  const kept = new Uint8Array(columns);
  for (const place of places) kept[place] = 1;
  // Never longer than the text it is taken from.
  const result = new Uint8Array(text.length);
  let length = 0;
  let column = 0;
  let any = false;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (byte === BACKSLASH) {
      at++;
      continue;
    }
    if (byte !== TAB && byte !== NEWLINE) continue;
    if (kept[column] === 1) {
      if (any) result[length++] = TAB;
      for (let i = from; i < at; i++) result[length++] = text[i] ?? 0;
      any = true;
    }
    from = at + 1;
    column++;
    if (byte === NEWLINE) {
      if (column !== columns) throw new RangeError(`A row has ${column} values, ${columns} are expected`);
      result[length++] = NEWLINE;
      column = 0;
      any = false;
    } else if (column >= columns) throw new RangeError(`A row has more than ${columns} values`);
  }
  if (from !== text.length) throw new RangeError("The last row is not complete");
  return result.subarray(0, length);
}
