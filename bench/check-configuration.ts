/** Configurations with many virtual and real servers; the real servers are addresses of loopback. Pure. */

/** Where the servers of the first half, and those of the second half, listen. */
export const PORTS = [8080, 8081] as const;

export interface FarmSettings {
  services: number;
  serversPerService: number;
  /** Absent: no checks. */
  checker?: "TCP_CHECK" | "HTTP_GET";
  delayLoopS: number;
  timeoutS: number;
}

function checkerBlock({ checker, timeoutS }: FarmSettings): string[] {
  if (checker === undefined) return [];
  const url = checker === "HTTP_GET" ? ["   url {", "    path /", "   }"] : [];
  return [`  ${checker} {`, `   connect_timeout ${timeoutS}`, "   retry 0", ...url, "  }"];
}

/** @returns a configuration file */
export function farmConfiguration(settings: FarmSettings): string {
  const { services, serversPerService, delayLoopS } = settings;
  const lines = ["global_defs {", "}"];
  for (let service = 0; service < services; service++) {
    lines.push(
      `virtual_server 10.99.${service >> 8}.${service & 0xff} 80 {`,
      ` delay_loop ${delayLoopS}`,
      " lvs_sched rr",
      " lvs_method NAT",
      " protocol TCP",
    );
    const port = PORTS[service < services / 2 ? 0 : 1];
    for (let server = 0; server < serversPerService; server++) {
      const number = service * serversPerService + server + 1;
      const address = `127.${1 + (number >> 16)}.${(number >> 8) & 0xff}.${number & 0xff}`;
      lines.push(` real_server ${address} ${port} {`, ...checkerBlock(settings), " }");
    }
    lines.push("}");
  }
  return `${lines.join("\n")}\n`;
}
