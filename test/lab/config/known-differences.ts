/**
 * Configurations on which we judge differently from Debian's keepalived 2.2.7, on purpose: by the item of
 * docs/differences.md, section "Configuration", that says why; the names are those of the corpus.
 */
export const KNOWN_DIFFERENCES: Readonly<Record<string, readonly string[]>> = {
  "Missing argument": [
    "virtual_routes: 10.5.0.0/16 via",
    "root: net_namespace_ipvs; net_namespace_ipvs",
    "vrrp_script: script /bin/true; script",
  ],
  "A block without braces at the end of the file": [
    "root: SSL",
    "root: global_defs",
    "root: track_group G",
    "root: static_ipaddress",
  ],
  "Empty word": [
    'TCP_CHECK: bind_if ""',
    'global_defs: vrrp_priority "" (empty)',
    'vrrp_instance: notify ""',
  ],
  "Words after the arguments": ["global_defs: vrrp_rx_bufs_multiplier 5 5", "global_defs: umask 022 022"],
  "Crash on incomplete input": [
    'MISC_CHECK with security: misc_path "/bin/true',
    "HTTP_GET: url { status_code 200 } (no path)",
    "HTTP_GET: url { }",
    "HTTP_GET: url",
    "HTTP_GET: nb_get_retry 3 (no url)",
    "SSL_GET: connect_port 443 (no url)",
    "SSL_GET: url { }",
    "a multi-line definition with a condition",
    "root: virtual_server abc",
    'vrrp_script: script "/bin/true',
    "vrrp_script: script /bin/true\\",
    "bfd_instance: neighbor_ip",
    "a BFD session without name",
  ],
  "Endless definitions": ["a definition that refers to itself"],
  "`inet` and `inet6` in routes and rules": [
    "virtual_rules: inet from 10.0.0.1 table 100 preference 100",
    "virtual_rules: inet6 table 100 preference 100",
  ],
  "`sport` and `dport` of rules": [
    "virtual_rules: dport 80 ipproto tcp table 100 preference 100 (a single port)",
  ],
  "Ranges that run backwards": [
    "virtual_rules: uidrange 10-5 table 100 preference 100",
    "virtual_rules: dport 10-5 ipproto tcp table 100 preference 100",
  ],
  "Regular expressions of `url`": [
    'HTTP_GET: url { path /; regex "(" }',
    "HTTP_GET: url { path /; regex a b }",
    "HTTP_GET: url { path /; regex }",
    "HTTP_GET: url { path /; regex_min_offset }",
    "HTTP_GET: url { path /; regex_max_offset abc }",
    'HTTP_GET: url { path /; regex "hello"; regex_min_offset -1 }',
    'HTTP_GET: url { path /; regex "hello"; regex_stack 2000 1000 }',
    'HTTP_GET: url { path /; regex "hello"; regex_stack 1000 }',
  ],
  "Impossible DNS names": ["DNS_CHECK: name «a×64».com", "DNS_CHECK: name «abcdefg.×40»com"],
  "Password without `auth_type`": ["vrrp_instance: authentication { auth_pass 123456789 }"],
  "MAC address of `use_vmac`": ["vrrp_instance: use_vmac vrrp.51 02:00:00:00:00:01:07"],
  "`use_vmac` with the name of an existing interface": [
    "vrrp_instance: use_vmac eth1 (an interface that is there)",
  ],
  "Names of mail relays": ["global_defs: smtp_server nosuch.invalid (a name that is not known)"],
  "CPU numbers": ["global_defs: vrrp_cpu_affinity 120 (more than the host has)"],
  "Mark 0": ["a virtual server by mark 0"],
  "Families behind a mark": ["virtual_server_group: fwmark 5 inet6"],
  "NUL bytes": ["a NUL byte in a line", "NUL bytes in a line of their own"],
  "`${_RANDOM}` with wrong parameters": [
    "a random number with its limits exchanged",
    "a random number with three limits",
  ],
  "An address twice in one list": [
    "static_ipaddress: 10.0.0.9/24 dev eth0; 10.0.0.9/24 dev eth0",
    "vrrp_instance: virtual_ipaddress { 10.0.0.1/24 }",
  ],
  "Strict mode with unicast peers": [
    "vrrp_instance: strict_mode; unicast_peer { 10.0.0.2 } (peers in strict mode)",
  ],
  "Booleans of `vrrp_strict` and `vrrp_skip_check_adv_addr`": [
    "global_defs: vrrp_strict maybe",
    "global_defs: vrrp_skip_check_adv_addr maybe",
  ],
  "Fractions of a second for `interval` of `vrrp_script`": ["vrrp_script: script /bin/true; interval 0.5"],
  "`name`, `group`, `netlink_notify_msg` of `use_vmac`": [
    "vrrp_instance: use_vmac name vrrp.51",
    "vrrp_instance: use_vmac netlink_notify_msg",
    "vrrp_instance: use_vmac group 5",
  ],
  "Instance without interface": ["no interface with unicast and a source address"],
  "`vrrp_iptables` and `vrrp_ipsets`": [
    "global_defs: vrrp_iptables",
    "global_defs: vrrp_iptables a b",
    "global_defs: vrrp_ipsets",
  ],
  "`IRWXG` and its like in `umask`": ["global_defs: umask IRWXG|IRWXO"],
  "The digit f in UDP payloads": ["UDP_CHECK: payload 0102ff"],
};
