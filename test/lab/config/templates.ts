/** The smallest good configuration for each place of the language, with the word HERE where a line is tried. */

const SECURITY = "global_defs {\n  enable_script_security\n  script_user root\n}\n";

const instance = (lines: string, address = "10.0.0.1/24") =>
  `vrrp_instance V {\n  interface eth0\n  virtual_router_id 51\n${lines}\n  virtual_ipaddress {\n    ${address}\n  }\n}\n`;

const service = (lines: string, server = "") => `virtual_server 10.0.0.1 80 {
  delay_loop 5
  lb_algo rr
  lb_kind NAT
  protocol TCP
${lines}
  real_server 10.1.0.1 80 {
${server}
  }
}
`;

const checker = (name: string) => service("", `${name} {\nHERE\n}`);

export const TEMPLATES: Readonly<Record<string, string>> = {
  root: "HERE\n",
  global_defs: "global_defs {\n  HERE\n}\n",
  vrrp_instance: instance("HERE"),
  "vrrp_instance with security and script s": `${SECURITY}vrrp_script s {\n  script /bin/true\n}\n${instance("HERE")}`,
  virtual_ipaddress: instance("", "10.0.0.1/24\nHERE"),
  "virtual_ipaddress of an IPv6 instance": instance("", "fe80::1/64\nHERE"),
  static_ipaddress: "static_ipaddress {\n  HERE\n}\n",
  virtual_routes: instance("virtual_routes {\nHERE\n}"),
  static_routes: "static_routes {\n  HERE\n}\n",
  virtual_rules: instance("virtual_rules {\nHERE\n}"),
  static_rules: "static_rules {\n  HERE\n}\n",
  vrrp_script: `${SECURITY}vrrp_script s {\nHERE\n}\n${instance("track_script {\ns\n}")}`,
  track_file: `track_file f {\nHERE\n}\n${instance("track_file {\nf\n}")}`,
  vrrp_track_process: `vrrp_track_process p {\nHERE\n}\n${instance("track_process {\np\n}")}`,
  bfd_instance: "bfd_instance B {\nHERE\n}\n",
  virtual_server: service("HERE"),
  "virtual_server with security": SECURITY + service("HERE"),
  virtual_server_group: `virtual_server_group G {\nHERE\n}\n${service("").replace("10.0.0.1 80", "group G")}`,
  real_server: service("", "HERE"),
  "real_server with security": SECURITY + service("", "HERE"),
  TCP_CHECK: checker("TCP_CHECK"),
  PING_CHECK: checker("PING_CHECK"),
  SMTP_CHECK: checker("SMTP_CHECK"),
  DNS_CHECK: checker("DNS_CHECK"),
  UDP_CHECK: checker("UDP_CHECK"),
  HTTP_GET: checker("HTTP_GET"),
  SSL_GET: checker("SSL_GET"),
  "MISC_CHECK with security": SECURITY + checker("MISC_CHECK"),
  "FILE_CHECK with a track file f": `track_file f {\n  file /tmp/nosuch-track-file\n}\n${checker("FILE_CHECK")}`,
  "BFD_CHECK with a session B": `bfd_instance B {\n  neighbor_ip 10.0.0.2\n}\n${checker("BFD_CHECK")}`,
};
