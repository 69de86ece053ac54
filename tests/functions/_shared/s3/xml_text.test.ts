import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeXml, xmlElements, xmlText } from "../../../../functions/_shared/s3/xml_text.ts";
import { escapeXml } from "../../../../stack/s3/xml.ts";

describe("decodeXml()", () => {
  test("decodeXml() decodes each entity once", () => {
    expect(decodeXml("&lt;a&gt; &amp;lt; &quot;&apos; &#228;&#xe4;&#x1F600;")).toBe("<a> &lt; \"' ää😀");
  });

  test("decodeXml() leaves unknown and impossible entities alone", () => {
    expect(decodeXml("&file; &#x110000; &amp &;")).toBe("&file; &#x110000; &amp &;");
  });

  test("decodeXml() reverses escapeXml() for any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => decodeXml(escapeXml(text)) === text));
  });
});

describe("xmlText()", () => {
  test("xmlText() finds the first element, empty or not, whatever its attributes", () => {
    expect(xmlText('<a><Code x="1">A&amp;B</Code><Code>C</Code></a>', "Code")).toBe("A&B");
    expect(xmlText("<a><ETag/></a>", "ETag")).toBe("");
    expect(xmlText("<a><KeyCount>1</KeyCount></a>", "Key")).toBeNull();
  });

  test("xmlElements() keeps order and inner markup", () => {
    expect(xmlElements("<r><Contents><Key>1</Key></Contents>\n<Contents></Contents></r>", "Contents")).toEqual(["<Key>1</Key>", ""]);
  });
});
