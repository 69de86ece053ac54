import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Html, html } from "../../../../../functions/_shared/report/page/html.ts";

describe("html()", () => {
  it("html() joins lists, leaves out what is nothing, and keeps HTML as it is", () => {
    expect(html`<p>${[html`<b>${1}</b>`, "a", null, undefined, false, ["b"]]}</p>`.text).toBe("<p><b>1</b>ab</p>");
    expect(html`${0}${new Html("<i>")}`.text).toBe("0<i>");
  });

  it("html() lets no text become a tag, an attribute or an entity", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
      const escaped = html`${text}`.text;
      expect(escaped).not.toMatch(/[<>"']/);
      expect(escaped.replaceAll(/&(amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
      expect(escaped).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
    }));
    expect(html`${`<script a="b">&'`}`.text).toBe("&lt;script a=&quot;b&quot;&gt;&amp;&#39;");
  });
});
