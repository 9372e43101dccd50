/** All rounds of a subject, the two programs in turn, first the one and then the other. */
import type { Options } from "./options.js";
import type { Collected } from "./report.js";
import type { Samples, Subject } from "./subject.js";

/** @returns the samples of both, by metric */
export async function collect(subject: Subject, options: Options): Promise<Collected[]> {
  const rounds = options.rounds ?? subject.rounds;
  const samples: { peer: Samples[]; ours: Samples[] } = { peer: [], ours: [] };
  for (let round = 0; round < rounds; round++) {
    const conditions = { round, rounds, neutral: options.peer, cpuSeconds: options.cpuSeconds };
    const order = round % 2 === 0 ? [options.peer, options.ours] : [options.ours, options.peer];
    for (const program of order) samples[program.side].push(await subject.measure(program, conditions));
  }
  const of = (side: Samples[], id: string) => side.flatMap((one) => one[id] ?? []);
  return subject.metrics.map((metric) => ({
    metric,
    peer: of(samples.peer, metric.id),
    ours: of(samples.ours, metric.id),
  }));
}
