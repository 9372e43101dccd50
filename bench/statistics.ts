/** Arithmetic on samples: medians and percentiles, nothing else. Pure. */

/** @returns the value below which the fraction `part` (0..1) of the samples lies, interpolated; NaN without samples. */
export function percentile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

/** @returns the middle of the samples. */
export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** @returns the differences between neighbours of a rising series. */
export function gaps(series: readonly number[]): number[] {
  return series.slice(1).map((value, index) => value - (series[index] ?? value));
}
