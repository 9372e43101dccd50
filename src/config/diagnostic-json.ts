/** What is wrong with a configuration as one JSON document, for editors and automatic checks. */
import type { Diagnostic, Excerpt } from "./diagnostic.js";
import { suggestionIn } from "./did-you-mean.js";

/** Raised when a member changes its meaning; members may be added at any time. */
const FORMAT = 1;

interface Place {
  file: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

interface TestResult {
  /** As given by -f. */
  configFile: string;
  /** Exit status of the test. */
  status: number;
  diagnostics: readonly Diagnostic[];
  notActedOn: readonly string[];
  dump?: string;
}

/** Lines and columns count from 1, columns in characters; `endColumn` is the one after the last character. */
export function diagnosticsAsJson({ configFile, status, diagnostics, notActedOn, dump }: TestResult): string {
  const list = diagnostics.map(({ kind, severity, message, at, notes }) => {
    const suggestion = suggestionIn(message);
    return {
      ...(at && placeOf(at)),
      severity,
      kind,
      message,
      ...(suggestion !== undefined && { suggestion }),
      notes: notes.map((note) => ({ ...(note.at && placeOf(note.at)), message: note.message })),
    };
  });
  const configuration = dump === undefined ? {} : { configuration: dump };
  const document = { format: FORMAT, configFile, status, diagnostics: list, notActedOn, ...configuration };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function placeOf({ file, line, column, endColumn }: Excerpt): Place {
  return { file, line, column, endLine: line, endColumn };
}
