/** FILE_CHECK in a running daemon: weight and fault by a number in a file, also over its removal and a reload. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../setup/repository.js";
import { labTest } from "../harness/lab-test.js";

const configuration = (file: string, weight: number): string => `
track_file load {
 file ${file}
 weight 1
 init_file 4
}
virtual_server 10.91.9.1 80 {
 lvs_sched wrr
 lvs_method DR
 protocol TCP
 real_server 10.91.0.11 80 {
  weight 10
  FILE_CHECK {
   track_file load
   weight ${weight}
  }
 }
}
`;

labTest(
  "FILE_CHECK: the number times its weight is added to the server's, the least is a fault",
  ["ours"],
  async (lab) => {
    const host = await lab.addHost("balancer", { addresses: ["10.91.0.1/24"] });
    const folder = mkdtempSync(join(repository, "build", "file-check-"));
    try {
      const file = join(folder, "load");
      const daemon = lab.startRouter(host, "ours", configuration(file, 2));
      const says = (text: RegExp, from = 0): Promise<unknown> =>
        lab.waitFor(() => daemon.output.find(text, from), 8_000, String(text));
      await says(/quorum up 1\+0=1 <= 18 for VS/);
      writeFileSync(file, "-3\n");
      await says(/[Ww]eight.* 18 to 4/);
      writeFileSync(join(folder, "new"), "-0x80000000\n");
      renameSync(join(folder, "new"), file);
      await says(/FILE_CHECK on service .*10\.91\.0\.11.* failed: track file load says -2147483648/);
      const from = daemon.output.all.length;
      rmSync(file);
      await says(/FILE_CHECK on service .*10\.91\.0\.11.* succe/, from);
      writeFileSync(file, "1\n");
      await says(/[Ww]eight.* 10 to 12/, from);
      writeFileSync(lab.configurationOf(host), configuration(file, 5));
      daemon.kill("SIGHUP");
      await says(/[Ww]eight.* 12 to 15/, from);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
