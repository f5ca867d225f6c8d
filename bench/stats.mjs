// Medians and what surrounds them. One slow or one lucky run must not move a figure.

/** The value below which a share of the samples lies. */
export function quantile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at));
}

/** Median, quartiles and count. */
export function summary(samples) {
  return {
    median: quantile(samples, 0.5),
    low: quantile(samples, 0.25),
    high: quantile(samples, 0.75),
    runs: samples.length,
  };
}

/** The summary of a/b, round by round: both saw the same load of the machine. */
export function ratio(a, b) {
  return summary(a.map((value, round) => value / b[round]));
}
