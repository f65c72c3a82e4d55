//! Sizes of files in words. Pure.

/** Bytes as kilobytes or megabytes: one decimal below ten, none above. */
export function sizeIn(bytes: number, language: string, units: { kilo: string; mega: string }): string {
  const [value, unit] = bytes < 999.5e3 ? [bytes / 1e3, units.kilo] : [bytes / 1e6, units.mega];
  const digits = value < 9.95 ? 1 : 0;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value)}\u00a0${unit}`;
}
