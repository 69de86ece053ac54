import { expect, test } from "vitest";
import { escapeXml, xmlDocument } from "../../../stack/s3/xml.ts";

test("escapeXml() leaves nothing that is markup or a control character", () => {
  expect(escapeXml(`<a b="c">&'\u0001\n`)).toBe("&#60;a b=&#34;c&#34;&#62;&#38;&#39;&#1;&#10;");
});

test("xmlDocument() repeats arrays, nests objects and leaves out null", () => {
  expect(xmlDocument("R", { A: "x<", B: null, C: [{ D: 1 }, { D: true }], E: [] })).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><A>x&#60;</A><C><D>1</D></C><C><D>true</D></C></R>',
  );
});
