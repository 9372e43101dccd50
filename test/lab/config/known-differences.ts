/**
 * Configurations on which we judge differently from Debian's keepalived 2.2.7, on purpose: by the item of
 * docs/differences.md, section "Configuration", that says why; the names are those of the corpus.
 */
export const KNOWN_DIFFERENCES: Readonly<Record<string, readonly string[]>> = {};
