import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addThawOptions, readThawRequest, type ThawFlags } from "../../cli/thaw_options.ts";

const parse = (...argv: string[]): ThawFlags => addThawOptions(new Command().exitOverride().configureOutput({ writeErr: () => undefined })).parse(argv, { from: "user" }).opts<ThawFlags>();

describe("readThawRequest()", () => {
  it("readThawRequest() is null without --thaw, and Standard for three days with it", () => {
    expect(readThawRequest(parse())).toBeNull();
    expect(readThawRequest(parse("--thaw"))).toEqual({ tier: "Standard", days: 3, wait: true });
    expect(readThawRequest(parse("--thaw", "--thaw-tier", "Bulk", "--thaw-days", "9", "--no-wait"))).toEqual({ tier: "Bulk", days: 9, wait: false });
  });

  it.each([[["--thaw-tier", "Bulk"]], [["--thaw-days", "2"]], [["--no-wait"]]])("readThawRequest() refuses %j without --thaw", (argv) => {
    expect(() => readThawRequest(parse(...argv))).toThrow(expect.objectContaining({ code: "HF102", message: `${argv[0]} needs --thaw` }));
  });
});

describe("addThawOptions()", () => {
  it.each([[["--thaw-tier", "Fast"]], [["--thaw-days", "0"]], [["--thaw-days", "366"]], [["--thaw-days", "1.5"]]])("addThawOptions() takes no %j", (argv) => {
    expect(() => parse("--thaw", ...argv)).toThrow(expect.objectContaining({ code: "commander.invalidArgument" }));
  });
});
