/** Something that can be answered: a media type with the parameters that tell it from others, as text/plain; version=0.0.4. */
export interface OfferedType<T> {
  readonly type: string;
  readonly version?: string;
  readonly answer: T;
}

interface AcceptedRange {
  type: string;
  version: string | undefined;
  quality: number;
}

/**
 * What to answer to an Accept header: the offer with the greatest quality, of equals the first. A more specific range outranks a
 * general one for the types it names, as RFC 9110 has it. The first offer is also the answer to what nothing offered fits: a
 * caller that asks for something else gets what it always got rather than nothing.
 */
export function preferredType<T>(accept: string | null, offers: readonly [OfferedType<T>, ...OfferedType<T>[]]): T {
  const ranges = (accept ?? "*/*").split(",").map(parseRange);
  let best: { answer: T; quality: number } = { answer: offers[0].answer, quality: 0 };
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges);
    if (quality > best.quality) best = { answer: offer.answer, quality };
  }
  return best.answer;
}

function qualityOf(offer: OfferedType<unknown>, ranges: readonly AcceptedRange[]): number {
  const [main = ""] = offer.type.split("/");
  const fitting = ranges
    .filter(({ type, version }) => (type === offer.type && (version === undefined || version === offer.version)) || type === `${main}/*` || type === "*/*")
    .map((range) => ({ ...range, rank: range.type === "*/*" ? 0 : range.type !== offer.type ? 1 : range.version === undefined ? 2 : 3 }));
  return fitting.sort((a, b) => b.rank - a.rank || b.quality - a.quality)[0]?.quality ?? 0;
}

function parseRange(text: string): AcceptedRange {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const valueOf = (name: string) => parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1).replace(/^"(.*)"$/, "$1");
  const quality = Number(valueOf("q") ?? "1");
  return { type, version: valueOf("version"), quality: quality >= 0 && quality <= 1 ? quality : 0 };
}
