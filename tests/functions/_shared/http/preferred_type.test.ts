import { describe, expect, it } from "vitest";
import { preferredType } from "../../../../functions/_shared/http/preferred_type.ts";

const prefer = (accept: string | null) => preferredType(accept, [
  { type: "application/json", answer: "json" }, { type: "application/openmetrics-text", version: "1.0.0", answer: "openmetrics" },
  { type: "text/plain", version: "0.0.4", answer: "prometheus" }, { type: "text/markdown", answer: "markdown" }]);

describe("preferredType()", () => {
  it.each([
    [null, "json"], ["*/*", "json"], ["", "json"], ["application/json", "json"], ["text/markdown", "markdown"], ["text/plain", "prometheus"], ["text/*", "prometheus"], ["application/*", "json"],
    ["TEXT/PLAIN ; Version=\"0.0.4\"", "prometheus"], ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"],
    // What Prometheus 2 and 3 send.
    ["application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "openmetrics"],
    ["application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1", "openmetrics"],
    ["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", "openmetrics"],
    ["application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "prometheus"],
  ])("preferredType() answers %j with %s", (accept, answer) => expect(prefer(accept)).toBe(answer));

  it("preferredType() goes by quality, and by the first offer among equals", () => {
    expect(prefer("text/plain;q=0.2,text/markdown;q=0.3")).toBe("markdown");
    expect(prefer("text/markdown,text/plain")).toBe("prometheus");
  });

  it("preferredType() lets the more specific range decide, so that q=0 forbids", () => {
    expect(prefer("*/*,application/json;q=0")).toBe("openmetrics");
    expect(prefer("text/*;q=0.9,text/plain;version=0.0.4;q=0.1,text/plain;q=0.5")).toBe("markdown");
  });

  it("preferredType() answers with the first offer what nothing fits or nobody can read", () => {
    for (const accept of ["image/png", "application/json;q=0", "text/plain;q=7", "text/plain;q=x", ";;,,", "text/plain;version=1.0.0"]) expect(prefer(accept)).toBe("json");
  });
});
