import { describe, expect, it } from "vitest";
import { renderReportPage } from "../../../../../functions/_shared/report/page/render_report_page.ts";
import { reportData } from "../../../../support/report_data.ts";

describe("renderReportPage()", () => {
  it("renderReportPage() puts the verdict first and the facts behind it", () => {
    const page = renderReportPage(reportData());
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect([...page.matchAll(/<h2 id="([\w-]+)"/g)].map(([, id]) => id)).toEqual(["verdict", "objectives", "history", "checks", "tables", "not-covered"]);
    expect(page).toContain("<title>Healthy · backups of clinic</title>");
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });

  it("renderReportPage() needs nothing from anywhere and runs nothing", () => {
    const page = renderReportPage(reportData());
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/<script|<link|<img|src=|url\(|https?:/);
  });

  it("renderReportPage() tells of nothing where there is nothing", () => {
    const page = renderReportPage(reportData({ newest: null, runs: [], tables: [], drills: [], verification: null, health: "never_ran", secondary_backup: false }));
    for (const part of ["No backup yet", "No verification has finished yet", "The secondary backup is off"]) expect(page).toContain(part);
    expect(page).not.toMatch(/undefined|NaN|\[object|<svg/);
  });

  it("renderReportPage() shows odd names as they are", () => {
    const page = renderReportPage(reportData({ project: `"><script>alert(1)</script>` }));
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;");
  });
});
