/** Virtual servers as tutorials print them, run as written: against real servers, with what is to be seen of them. */
import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../setup/repository.js";
import type { Lab } from "../harness/lab.js";
import { labTest } from "../harness/lab-test.js";
import type { Host } from "../harness/network.js";
import type { Program } from "../harness/program.js";

const PAGE = "It works!\n";
const DIGEST = createHash("md5").update(PAGE).digest("hex");

/** A web server and a mail server on every address of a host; a web page that is missing is 404. */
const SERVERS = `
const http = require("node:http"), net = require("node:net");
http.createServer((request, response) => {
  if (request.url === "/" || request.url === "/health") response.end(${JSON.stringify(PAGE)});
  else { response.statusCode = 404; response.end("no"); }
}).listen(80, () => net.createServer((socket) => {
  socket.on("error", () => {});
  socket.write("220 mail\\r\\n");
  socket.on("data", (line) => socket.write(String(line).startsWith("HELO") ? "250 hello\\r\\n" : "221 bye\\r\\n"));
}).listen(25, () => console.log("listening")));
`;

interface Scene {
  lab: Lab;
  balancer: Host;
  servers: Program;
}

async function scene(lab: Lab): Promise<Scene> {
  const balancer = await lab.addHost("balancer", { addresses: ["192.168.200.1/24"] });
  const farm = await lab.addHost("farm", { addresses: ["192.168.200.2/24", "192.168.200.3/24"] });
  const servers = lab.run("servers", {
    namespace: farm.namespace,
    command: [process.execPath, "-e", SERVERS],
  });
  await lab.waitFor(() => servers.output.find(/listening/), 5_000, "the servers");
  return { lab, balancer, servers };
}

/** Starts the daemon; each text is waited for in its log. */
async function run({ lab, balancer }: Scene, text: string, ...expected: RegExp[]): Promise<Program> {
  const daemon = lab.startRouter(balancer, "ours", text);
  for (const line of expected) await lab.waitFor(() => daemon.output.find(line), 10_000, String(line));
  return daemon;
}

const GLOBALS = `
global_defs {
   notification_email {
     admin@example.com
   }
   notification_email_from keepalived@example.com
   smtp_server 127.0.0.1
   smtp_connect_timeout 30
   router_id LVS_DEVEL
}
`;

labTest(
  "the sample of the manual: HTTP_GET with digest and status_code, quorum and sorry server",
  ["ours"],
  async (lab) => {
    const it = await scene(lab);
    const daemon = await run(
      it,
      `${GLOBALS}
virtual_server 192.168.200.100 80 {
    delay_loop 1
    lb_algo rr
    lb_kind NAT
    persistence_timeout 50
    protocol TCP
    quorum 1
    sorry_server 192.168.200.200 1358

    real_server 192.168.200.2 80 {
        weight 1
        HTTP_GET {
            url {
              path /health
              digest ${DIGEST}
            }
            url {
              path /
              status_code 200
            }
            connect_timeout 3
            retry 1
            delay_before_retry 1
        }
    }

    real_server 192.168.200.3 80 {
        weight 1
        HTTP_GET {
            url {
              path /absent
              status_code 200
            }
            connect_timeout 3
            retry 1
            delay_before_retry 1
        }
    }
}
`,
      /HTTP_GET on service \[192\.168\.200\.2\]:tcp:80 succeeded/,
      /HTTP_GET on service \[192\.168\.200\.3\]:tcp:80 failed.*: status code 404 \(\/absent\)/,
    );
    it.servers.kill("SIGKILL");
    await lab.waitFor(
      () => daemon.output.find(/Lost quorum .* for VS \[192\.168\.200\.100\]:tcp:80/),
      10_000,
      "the loss",
    );
  },
);

labTest("a fwmark, a group, TCP_CHECK, SMTP_CHECK and MISC_CHECK", ["ours"], async (lab) => {
  const folder = mkdtempSync(join(repository, "build", "tutorial-"));
  try {
    const script = join(folder, "check.sh");
    writeFileSync(script, '#!/bin/sh\n[ "$1" = 192.168.200.2 ]\n');
    chmodSync(script, 0o755);
    await run(
      await scene(lab),
      `${GLOBALS}
virtual_server_group WEB {
  192.168.200.100-102 80
  fwmark 7
}
virtual_server fwmark 9 {
  delay_loop 1
  lvs_sched wlc
  lvs_method DR
  real_server 192.168.200.2 25 {
    SMTP_CHECK {
      connect_timeout 3
      retry 1
      helo_name balancer.example.com
    }
  }
}
virtual_server group WEB {
  delay_loop 1
  lvs_sched wrr
  lvs_method NAT
  protocol TCP
  real_server 192.168.200.2 80 {
    TCP_CHECK {
      connect_timeout 3
    }
  }
  real_server 192.168.200.3 80 {
    MISC_CHECK {
      misc_path "${script} 192.168.200.3"
      misc_timeout 5
    }
  }
}
`,
      /SMTP_CHECK on service \[192\.168\.200\.2\]:none:0 succeeded/,
      /TCP_CHECK on service \[192\.168\.200\.2\]:tcp:80 succeeded/,
      /MISC_CHECK on service \[192\.168\.200\.3\]:tcp:80 failed.*exited with status 1/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
