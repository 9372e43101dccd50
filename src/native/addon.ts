/**
 * The contract of the C++ addon: everything `native/` exports, described nowhere else.
 * The addon makes system calls and moves bytes. It parses no protocol, holds no policy, retries nothing.
 * "Nothing there" (EAGAIN) is a return value; every other refusal throws a `NativeError`.
 */

/** What the addon throws when the kernel refuses: an Error with the call and the errno. */
export interface NativeError extends Error {
  /** The system call, for instance "bind". */
  syscall: string;
  /** Positive errno. */
  errno: number;
  /** Its name, for instance "EADDRINUSE". */
  code: string;
}

/** Int32 fields that `receiveBatch` writes per datagram; see `META`. */
export const META_FIELDS = 8;
/** Index of each field of a datagram's meta record. */
export const META = {
  /** Bytes received (of the slot, never more than the slot holds). */
  length: 0,
  /** msg_flags: MSG_TRUNC, MSG_CTRUNC. */
  flags: 1,
  /** Interface index from IP_PKTINFO / IPV6_PKTINFO, or sll_ifindex of a packet socket; 0 when unknown. */
  ifindex: 2,
  /** TTL or hop limit from the control message; -1 when the kernel gave none. */
  hopLimit: 3,
  /** Bytes of the source address (sockaddr) in the address slab. */
  nameLength: 4,
  /** Bytes of the destination address (4, 16 or 0) in the address slab, after the source. */
  destinationLength: 5,
  /** When the datagram came, with SO_TIMESTAMPNS: the lower 32 bits of the seconds of the wall clock; 0 without. */
  seconds: 6,
  nanoseconds: 7,
} as const;
/** Bytes per datagram in the address slab: 32 for the sender's sockaddr, then 16 for the destination address. */
export const ADDRESS_SLOT = 48;
/** Offset of the destination address in an address slot. */
export const ADDRESS_DESTINATION = 32;

/** Int32 fields per message of `sendBatch`: offset and length of data, of the destination sockaddr, of the control. */
export const SEND_FIELDS = 6;

/** One socket of any family: raw VRRP, packet, ICMPv6, netlink, UDP. Owns its descriptor. */
export interface Socket {
  /** Takes a free descriptor, non-blocking and close-on-exec. Arguments as socket(2). */
  readonly fd: number;
  /** setsockopt(2): a number is passed as a C int, bytes as they are. */
  setOption(level: number, name: number, value: number | Uint8Array): void;
  /** getsockopt(2) of an int. */
  getOption(level: number, name: number): number;
  /** SO_ATTACH_FILTER: `program` holds struct sock_filter records (8 bytes each, host order). */
  attachFilter(program: Uint8Array): void;
  /** bind(2) to a sockaddr in bytes. */
  bind(address: Uint8Array): void;
  /** connect(2). */
  connect(address: Uint8Array): void;
  /** getsockname(2). */
  localAddress(): Uint8Array;
  /**
   * recvmmsg(2). `slab` is divided into slots of `slotSize` bytes, `meta` into records of META_FIELDS,
   * `addresses` into slots of ADDRESS_SLOT (may be empty when nobody wants addresses).
   * @returns datagrams received, 0 when none waits. ENOBUFS (netlink overrun) throws.
   */
  receiveBatch(slab: Uint8Array, slotSize: number, meta: Int32Array, addresses: Uint8Array): number;
  /**
   * sendmmsg(2) of `count` messages; `table` has SEND_FIELDS per message, all offsets into `slab`.
   * A length of 0 for the address or control leaves them out. `flags` as send(2).
   * @returns messages sent; a short count means the next one was refused or would block: call again from there.
   * Throws when the very first message is refused with anything but EAGAIN (which returns 0).
   */
  sendBatch(slab: Uint8Array, table: Int32Array, first: number, count: number, flags: number): number;
  /**
   * ioctl(2) with a struct ifreq. `ifreq` holds the first bytes of it, the others are 0; it is overwritten with the
   * answer. With `data` ifr_data points there, and the answer is in `data` alone, which has room for all of it.
   */
  interfaceRequest(request: number, ifreq: Uint8Array, data?: Uint8Array): void;
  /** Watches for readability. `onReadable(0)`, or with a negative errno when polling itself failed (then it is stopped). */
  startReading(onReadable: (status: number) => void): void;
  /** Stops watching; may be started again. */
  stopReading(): void;
  /** Keeps (default) or does not keep the event loop alive while reading. */
  setRef(ref: boolean): void;
  /** Closes the descriptor; a second close does nothing. Every other method then throws EBADF. */
  close(): void;
}

/** Int32 fields per outcome that `collect` writes: the plan, the stage, the errno (0: connected), the descriptor or -1. */
export const CONNECT_FIELDS = 4;
/** What a plan failed at, by number; "answer" is what came (or not) from the other side after connect(2). */
export const CONNECT_STAGES = ["socket", "SO_MARK", "SO_BINDTODEVICE", "bind", "connect", "answer"] as const;

/** Outgoing TCP connections, non-blocking and close-on-exec, many at a time with one epoll descriptor. */
export interface Connector {
  /**
   * Remembers how to connect; addresses are sockaddr bytes, an empty `source` or `interfaceName` and a mark of 0 leave
   * that step out. A fixed source port gets SO_REUSEADDR, a free one IP_BIND_ADDRESS_NO_PORT. With `keep` a connected
   * descriptor is handed over in the outcome and belongs to the caller; otherwise it is closed at once.
   * @returns the number of the plan, from 0, reused after removePlan
   */
  addPlan(
    destination: Uint8Array,
    source: Uint8Array,
    interfaceName: string,
    mark: number,
    keep: boolean,
  ): number;
  /** Ends what is under way and forgets the plan. */
  removePlan(plan: number): void;
  /** Begins the first `count` plans. Each has one outcome, which may be there at once: call `collect`. */
  start(plans: Int32Array, count: number): void;
  /** Takes outcomes, as many as fit, CONNECT_FIELDS each. @returns their number; fewer than fit: there are no more now. */
  collect(outcomes: Int32Array): number;
  /** Closes what is under way; no outcome comes of it. */
  cancel(plan: number): void;
  /** Ends all; a second close does nothing. */
  close(): void;
}

/** Microseconds of CLOCK_MONOTONIC as a double: exact for 285 years. */
export type NativeMicros = number;

/** One timerfd on CLOCK_MONOTONIC. */
export interface Timer {
  /** Fires `callback` once at the absolute time; replaces an earlier deadline. A past time fires at the next turn. */
  arm(atMicros: NativeMicros): void;
  disarm(): void;
  setRef(ref: boolean): void;
  close(): void;
}

/** One inotify(7) descriptor. Does not keep the event loop alive. */
export interface Inotify {
  /** inotify_add_watch(2). @returns the number of the watch, by which records name it */
  add(path: string, mask: number): number;
  /** inotify_rm_watch(2). @returns false when there is no such watch any more */
  remove(watch: number): boolean;
  close(): void;
}

/** A signal delivered by libuv, real-time signals included. */
export interface SignalWatch {
  setRef(ref: boolean): void;
  close(): void;
}

export interface SpawnOptions {
  /** Path for execve(2). */
  file: string;
  /** argv, first word included. */
  args: string[];
  /** NAME=VALUE strings; exactly these. */
  env: string[];
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Supplementary groups; an empty list drops all. Absent: unchanged. */
  groups?: number[];
  /** Make a new process group (script runner: always). */
  newGroup?: boolean;
  /** Signal the child gets when the thread that started it ends (PR_SET_PDEATHSIG), 0 for none. */
  parentDeathSignal?: number;
  /** Undo real-time scheduling and niceness of the parent in the child; niceness as far as it is permitted. */
  normalScheduling?: boolean;
  /** Read the child's stderr through onStderr; otherwise /dev/null. stdin and stdout are /dev/null always. */
  captureStderr?: boolean;
}

/** A child process started by the addon, watched through a pidfd. */
export interface Child {
  readonly pid: number;
  /**
   * kill(2) on the process, or on its group; false when it is gone. Within onExit a group can still be reached, whose
   * leader has ended; after onExit it is false always, as the number may be reused.
   */
  kill(signal: number, group: boolean): boolean;
  /** Stops reading stderr, so that a child that writes more has to wait, or goes on. At first it is read. */
  readStderr(on: boolean): void;
  /** No callback comes any more and the event loop is not kept alive; the child itself runs on, and is still reaped. */
  close(): void;
}

/** How a child ended: exactly one of the two is not -1; both are when its status was taken by somebody else. */
export type ExitHandler = (status: number, signal: number) => void;

export interface Addon {
  Socket: new (domain: number, type: number, protocol: number) => Socket;
  /** META_FIELDS of the addon: with another number it is of another version than the program. */
  metaFields: number;
  /** `onAnswers` is called while there are outcomes to collect. */
  Connector: new (
    onAnswers: () => void,
  ) => Connector;
  Timer: new (callback: () => void) => Timer;
  /** `onEvents` gets struct inotify_event records as the kernel wrote them, several at a time. */
  Inotify: new (
    onEvents: (records: Uint8Array) => void,
  ) => Inotify;
  SignalWatch: new (signal: number, callback: () => void) => SignalWatch;

  /** clock_gettime(CLOCK_MONOTONIC) in microseconds. */
  monotonicMicros(): NativeMicros;
  /** The same of CLOCK_BOOTTIME, which goes on while the host is suspended. */
  bootMicros(): NativeMicros;

  /**
   * Starts a program without copying the heap (vfork semantics; in the child only raw system calls).
   * Throws a NativeError when it cannot start: the child's own execve failure is reported here too.
   * `onStderr` gets chunks of up to 64 KiB, then an empty one at the end, which may be long after the end of the
   * child when others hold its stderr open. `onExit` comes once, and after what the pipe held when the child ended.
   */
  spawn(options: SpawnOptions, onExit: ExitHandler, onStderr?: (chunk: Uint8Array) => void): Child;

  /** SCHED_RR | SCHED_RESET_ON_FORK for the calling thread when priority > 0, SCHED_OTHER when 0. */
  setRealtime(priority: number): void;
  /** setpriority(2) of this process. */
  setNice(nice: number): void;
  /** sched_setaffinity(2) of the whole process. */
  setAffinity(cpus: number[]): void;
  /** setrlimit(2); Infinity for RLIM_INFINITY. */
  setLimit(resource: number, soft: number, hard: number): void;
  /** getrlimit(2) as [soft, hard]. */
  getLimit(resource: number): [number, number];
  /** mlock2(MLOCK_ONFAULT) of the text (the executable and its libraries) and of the main stack; never of the V8 heap. Returns bytes locked. */
  lockTextAndStack(): number;
  /** PR_SET_PDEATHSIG. */
  setParentDeathSignal(signal: number): void;
  /** PR_SET_NAME of the main thread: what ps shows as comm (15 bytes). */
  setProcessName(name: string): void;
  /** PR_SET_CHILD_SUBREAPER. */
  setChildSubreaper(on: boolean): void;
  /** PR_SET_DUMPABLE / no. */
  setDumpable(on: boolean): void;
  /** setns(2) on a path such as /run/netns/NAME; `type` as CLONE_NEWNET. */
  enterNamespace(path: string, type: number): void;
  /** mkfifo(3); the umask counts. */
  makeFifo(path: string, mode: number): void;
  /** Takes the OFD write lock on the descriptor; false when somebody else holds it. */
  lockFile(fd: number): boolean;
  /** openlog(3). `facility` is the shifted LOG_ constant. */
  openSyslog(ident: string, facility: number, options: number): void;
  /** syslog(3) with "%s". */
  syslog(priority: number, message: string): void;
  /** if_nametoindex(3); 0 when there is none. */
  interfaceIndex(name: string): number;
  /** _exit(2): nothing is written, freed or told any more. */
  exitNow(status: number): never;
}
