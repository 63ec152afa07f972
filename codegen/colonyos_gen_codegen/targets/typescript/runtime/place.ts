/** Where a value is inside of another one. */

/** A key or an index, below another place; the outermost one has none. */
export interface Place {
  readonly above: Place | undefined;
  readonly step: string | number;
}

export const ROOT: Place = { above: undefined, step: "$" };
const WORD = /^\w+$/u;

/** The place of a key or an index in what is at a place. */
export function child(above: Place, step: string | number): Place {
  return { above, step };
}

/** A place in words, such as `$.spec.args[0]["a key"]`. */
export function placeText(place: Place): string {
  if (place.above === undefined) {
    return String(place.step);
  }
  const { step } = place;
  if (typeof step === "number") {
    return `${placeText(place.above)}[${String(step)}]`;
  }
  return placeText(place.above) + (WORD.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`);
}
