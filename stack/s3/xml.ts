/** Escapes text for an element. Control characters become numeric entities, as S3 sends them, although XML 1.0 forbids them. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\u0000-\u001f]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** One element; an array value repeats it, an object value nests, null leaves it out. */
export type XmlValue = string | number | boolean | null | XmlNode | readonly XmlNode[];
export interface XmlNode {
  readonly [name: string]: XmlValue;
}

function element(name: string, value: XmlValue): string {
  if (value === null) return "";
  if (Array.isArray(value)) return value.map((item: XmlNode) => element(name, item)).join("");
  const inner = typeof value === "object" ? children(value as XmlNode) : escapeXml(String(value));
  return `<${name}>${inner}</${name}>`;
}

function children(node: XmlNode): string {
  return Object.entries(node).map(([name, value]) => element(name, value)).join("");
}

export function xmlDocument(root: string, node: XmlNode): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${children(node)}</${root}>`;
}
