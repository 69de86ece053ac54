/** Styles of the report page: light and dark as the reader's system asks, one column on a phone, plain black on white in print. */
export const REPORT_STYLES = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#4d5968;--line:#d9dee5;--good:#10703f;--good-bg:#e3f4ea;--warn:#7d4a00;--warn-bg:#fdf0d9;
--bad:#a81c1c;--bad-bg:#fde6e4;--none:#43506b;--none-bg:#e7ebf3;--a:#1f5fbf;--b:#0f7a8a}
@media (prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1a2029;--ink:#e6eaf0;--soft:#a9b4c2;--line:#323c49;--good:#6fd49b;--good-bg:#153425;--warn:#f0bd6b;--warn-bg:#3a2a10;
--bad:#ff9d94;--bad-bg:#431c1b;--none:#b3c0da;--none-bg:#252f40;--a:#7fb0ff;--b:#5cc9d8}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:68rem;margin:0 auto;padding:1rem}
header.page{display:flex;flex-wrap:wrap;gap:.25rem 1rem;justify-content:space-between;align-items:baseline;padding:.5rem 0 1rem;color:var(--soft);font-size:.9rem}
header.page h1{font-size:1.1rem;margin:0;color:var(--ink)}
section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem 1.25rem;margin:0 0 1rem}
h2{font-size:1.15rem;margin:0 0 .75rem}h3{font-size:1rem;margin:1rem 0 .4rem}p{margin:.25rem 0 .6rem}
.verdict{border-left:.5rem solid var(--c);background:var(--cb)}.verdict h2{font-size:1.9rem;line-height:1.2;margin:0;color:var(--c)}.verdict p{font-size:1.05rem;margin:.4rem 0 0}
.good{--c:var(--good);--cb:var(--good-bg)}.warn{--c:var(--warn);--cb:var(--warn-bg)}.bad{--c:var(--bad);--cb:var(--bad-bg)}.none{--c:var(--none);--cb:var(--none-bg)}
.tag{display:inline-block;padding:0 .5rem;border-radius:1rem;background:var(--cb);color:var(--c);font-size:.85rem;font-weight:600;white-space:nowrap}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:1rem}
.card{border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem}.card h3{margin-top:0}.card .big{font-size:1.5rem;font-weight:650;line-height:1.3;display:block}
.card dl,dl.facts{margin:0;display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.meter{height:.5rem;border-radius:.25rem;background:var(--line);margin:.4rem 0;overflow:hidden}.meter span{display:block;height:100%;background:var(--c);min-width:2px}
.soft{color:var(--soft);font-size:.9rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.93rem}caption{text-align:left;color:var(--soft);padding-bottom:.4rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.name{overflow-wrap:anywhere;min-width:9rem}
details{border-top:1px solid var(--line);padding:.5rem 0}details:first-of-type{border-top:0}summary{cursor:pointer}summary .tag{margin-left:.5rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--bg);border-radius:.4rem;padding:.6rem;font-size:.85rem;margin:.4rem 0}code{overflow-wrap:anywhere}
ul{margin:.2rem 0;padding-left:1.2rem}li{overflow-wrap:anywhere}
figure{margin:0}figcaption{color:var(--soft);font-size:.9rem;margin-bottom:.3rem}.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.25rem}
svg{display:block;width:100%;height:auto}.timeline svg{min-width:40rem}.charts{margin-top:1rem}svg text{fill:var(--soft);font-size:12px;font-family:inherit}svg .axis{stroke:var(--line)}svg .first{stroke:var(--a)}svg .second{stroke:var(--b)}
svg .first-fill{fill:var(--a)}svg .second-fill{fill:var(--b)}svg .good{fill:var(--good)}svg .bad{stroke:var(--bad)}svg .none{fill:none;stroke:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.85rem;color:var(--soft)}.legend svg{display:inline-block;width:1rem;height:1rem;vertical-align:-.15rem;margin-right:.25rem}
a{color:var(--a)}:focus-visible{outline:3px solid var(--a);outline-offset:2px}
footer{color:var(--soft);font-size:.85rem;padding:.5rem 0 2rem}
@media (max-width:34rem){main{padding:.6rem}section{padding:.8rem .9rem}.verdict h2{font-size:1.5rem}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--soft:#333;--line:#bbb;--good:#10703f;--good-bg:#fff;--warn:#7d4a00;--warn-bg:#fff;--bad:#a81c1c;--bad-bg:#fff;--none:#43506b;--none-bg:#fff;--a:#1f5fbf;--b:#0f7a8a}
main{max-width:none;padding:0}section{break-inside:avoid-page;border-color:#bbb}.scroll{overflow:visible}details>*{display:block}}
`.replaceAll("\n", "");
