/** What the key of a further object is made of: its schema, or null, and names below it. */
export function keyParts(key: string): (string | null)[] {
  const parts: unknown = JSON.parse(key);
  return Array.isArray(parts) ? parts.map((one) => (one === null ? null : String(one))) : [null, key];
}
