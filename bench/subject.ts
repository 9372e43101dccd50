/** The words of the benchmark: what is measured (subject), in which figures (metric), of whom (program). */

/** One side of the comparison. */
export interface Program {
  readonly side: "peer" | "ours";
  /** argv without options of keepalived: ["/usr/sbin/keepalived"]. */
  readonly command: readonly string[];
}

/** What a figure must reach. */
export type Goal =
  | { kind: "ratio" /** Ours divided by the peer's, at most. */; atMost: number }
  | { kind: "near"; target: number; within: number };

/** One figure: a row of the table. */
export interface Metric {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly goal?: Goal;
}

/** Samples by id of the metric; several per metric when one round gives several. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** What a measurement may ask for. */
export interface Conditions {
  /** Round number from 0, and how many there will be. */
  readonly round: number;
  readonly rounds: number;
  /** The program that plays the other side where both must face the same one. */
  readonly neutral: Program;
  /** Length of a CPU measurement. */
  readonly cpuSeconds: number;
}

/** Something that is measured on one program at a time, the two alternating. */
export interface Subject {
  /** What one types to select it. */
  readonly name: string;
  readonly about: string;
  /** Rounds of a default run. */
  readonly rounds: number;
  readonly metrics: readonly Metric[];
  measure(program: Program, conditions: Conditions): Promise<Samples>;
}
