/** What the guest writes down about its tests, for the runner outside: one JSON object per line. */

/** Name of the file in the folder that both see. */
export const RECORD = "tests.jsonl";

/** What is kept of an event of node:test; the fields have its names. */
export interface TestData {
  name: string;
  file: string | undefined;
  skip: string | boolean | undefined;
  todo: string | boolean | undefined;
  details: { type: string | undefined };
}

export type GuestRecord =
  | { kind: "begin" | "end"; file: string }
  | { kind: "test:pass" | "test:fail"; data: TestData };

export function recordOf(data: {
  name: string;
  file?: string | undefined;
  skip?: string | boolean | undefined;
  todo?: string | boolean | undefined;
  details: { type?: string | undefined };
}): TestData {
  const { name, file, skip, todo, details } = data;
  return { name, file, skip, todo, details: { type: details.type } };
}

/** @returns the records of a file; the last line may be cut off, as its writer may have been. */
export function parseRecords(text: string): GuestRecord[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as GuestRecord);
}

/** The files whose tests have all been run, and the one that was being run at the end, if any. */
export function progressOf(records: readonly GuestRecord[]): { done: string[]; broken: string | undefined } {
  const done = records.flatMap((record) => (record.kind === "end" ? [record.file] : []));
  const broken = records
    .flatMap((record) => (record.kind === "begin" ? [record.file] : []))
    .find((file) => !done.includes(file));
  return { done, broken };
}
