const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Replaces the five named and all numeric entities. No other entity exists without a DTD, and S3 sends none. */
export function decodeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (typeof name === "string") return NAMED[name] ?? whole;
    const code = typeof hex === "string" ? Number.parseInt(hex, 16) : Number.parseInt(String(decimal), 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** The raw inner text of every element of this name, in order. For names that do not nest in themselves. */
export function xmlElements(xml: string, name: string): string[] {
  const found: string[] = [];
  const pattern = new RegExp(`<${name}(?:\\s[^>]*)?(?:/>|>([\\s\\S]*?)</${name}\\s*>)`, "g");
  for (const match of xml.matchAll(pattern)) found.push(match[1] ?? "");
  return found;
}

/** The decoded text of the first element of this name, or null when there is none. */
export function xmlText(xml: string, name: string): string | null {
  const inner = xmlElements(xml, name)[0];
  return inner === undefined ? null : decodeXml(inner);
}
