/// Starting a program. The child borrows our memory until execve(2) (CLONE_VM | CLONE_VFORK) while the
/// calling thread stands still, so it may neither allocate, nor take a lock, nor return into our frames: it
/// runs on a stack of its own and makes raw system calls only. Raw also because glibc's setuid() family would
/// signal the parent's threads, which the child can see but does not have.
///
/// posix_spawn(3) works the same way, but cannot change users, groups, scheduling or the death signal.
#include "spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace keepalived {
namespace {

// The sanitizers keep notes about the running thread's stack, and the child runs on another.
#define KEEPALIVED_IN_CHILD __attribute__((no_sanitize("address"), no_sanitize("undefined"), noinline))

// On 32-bit machines the plain names are the calls of the 16-bit ids.
#ifdef SYS_setresuid32
constexpr long kSetresuid = SYS_setresuid32, kSetresgid = SYS_setresgid32, kSetgroups = SYS_setgroups32;
#else
constexpr long kSetresuid = SYS_setresuid, kSetresgid = SYS_setresgid, kSetgroups = SYS_setgroups;
#endif

constexpr int kSignals = 64;  ///< _NSIG - 1 of the kernel; glibc hides two of them
constexpr size_t kKernelSigset = 8;

/// struct sigaction as the kernel has it, large enough for every architecture; zero means SIG_DFL.
struct KernelSigaction {
  uint64_t words[4];
};

/// What parent and child share; plain pointers, as the child calls no function of a container.
struct Launch {
  const char* file;
  char* const* argv;
  char* const* envp;
  const char* cwd;  ///< null: unchanged
  const uint32_t* groups;
  size_t group_count;
  bool set_groups;
  int64_t uid;  ///< -1: unchanged
  int64_t gid;
  bool new_group;
  bool normal_scheduling;
  int realtime_priority;  ///< until execve(2); 0 when the parent is not real-time
  int parent_death_signal;
  int null_fd;    ///< both descriptors are above 2
  int stderr_fd;  ///< the write end of the pipe, or null_fd
  pid_t parent;

  const char* failed_call;
  int error;
};

/// @returns whether the call was refused, and notes it for the parent. Sharing memory, child and parent share
/// errno.
KEEPALIVED_IN_CHILD bool Refused(Launch* launch, const char* call, long result) {
  if (result != -1) return false;
  launch->failed_call = call;
  launch->error = errno;
  return true;
}

/// Everything to default before the mask is lifted: a handler of ours would run in the parent's memory.
KEEPALIVED_IN_CHILD void ResetSignals() {
  const KernelSigaction by_default{};
  for (int signal = 1; signal <= kSignals; ++signal) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    ::syscall(SYS_rt_sigaction, signal, &by_default, nullptr, kKernelSigset);
  }
}

/// A real-time parent waits for us on a host that may be busy: until execve(2) has let go of its memory we
/// run below it, but before everything that is not real-time. What comes after is the parent's to change
/// (Hurry).
KEEPALIVED_IN_CHILD bool ResetScheduling(Launch* launch) {
  sched_param parameter{};
  parameter.sched_priority = launch->realtime_priority;
  const int policy = launch->realtime_priority > 0 ? SCHED_RR | SCHED_RESET_ON_FORK : SCHED_OTHER;
  if (Refused(launch, "sched_setscheduler", ::syscall(SYS_sched_setscheduler, 0, policy, &parameter))) {
    return false;
  }
  // Who has been started nice without the privilege to undo it stays nice.
  const long result = ::syscall(SYS_setpriority, PRIO_PROCESS, 0, 0);
  return result == 0 || errno == EACCES || errno == EPERM || !Refused(launch, "setpriority", result);
}

KEEPALIVED_IN_CHILD bool BecomeUser(Launch* l) {
  if (l->set_groups && Refused(l, "setgroups", ::syscall(kSetgroups, l->group_count, l->groups)))
    return false;
  if (l->gid >= 0) {
    const auto gid = static_cast<gid_t>(l->gid);
    if (Refused(l, "setresgid", ::syscall(kSetresgid, gid, gid, gid))) return false;
  }
  if (l->uid >= 0) {
    const auto uid = static_cast<uid_t>(l->uid);
    if (Refused(l, "setresuid", ::syscall(kSetresuid, uid, uid, uid))) return false;
  }
  return true;
}

/// After BecomeUser, as a change of user clears the death signal.
KEEPALIVED_IN_CHILD bool DieWithParent(Launch* l) {
  if (l->parent_death_signal == 0) return true;
  if (Refused(l, "prctl", ::syscall(SYS_prctl, PR_SET_PDEATHSIG, l->parent_death_signal, 0, 0, 0)))
    return false;
  return ::syscall(SYS_getppid) == l->parent;  // it died before we asked: nobody is left to be told
}

KEEPALIVED_IN_CHILD bool ArrangeFiles(Launch* l) {
  return !Refused(l, "dup3", ::syscall(SYS_dup3, l->null_fd, STDIN_FILENO, 0)) &&
         !Refused(l, "dup3", ::syscall(SYS_dup3, l->null_fd, STDOUT_FILENO, 0)) &&
         !Refused(l, "dup3", ::syscall(SYS_dup3, l->stderr_fd, STDERR_FILENO, 0)) &&
         !Refused(l, "close_range", ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC));
}

KEEPALIVED_IN_CHILD int RunChild(void* shared) {
  auto* l = static_cast<Launch*>(shared);
  ResetSignals();
  const bool ready = !(l->new_group && Refused(l, "setpgid", ::syscall(SYS_setpgid, 0, 0))) &&
                     (!l->normal_scheduling || ResetScheduling(l)) && BecomeUser(l) && DieWithParent(l) &&
                     !(l->cwd != nullptr && Refused(l, "chdir", ::syscall(SYS_chdir, l->cwd))) &&
                     ArrangeFiles(l);
  if (ready) {
    const uint64_t none = 0;
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, kKernelSigset);
    Refused(l, "execve", ::syscall(SYS_execve, l->file, l->argv, l->envp));
  }
  for (;;)
    ::syscall(SYS_exit_group, 127);  // not _exit(): it is marked noreturn, which the sanitizers act upon
}

/// All signals blocked, those that glibc keeps for itself included: no handler may run on memory in two
/// hands.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    const uint64_t all = ~uint64_t{0};
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before_, kKernelSigset);
  }
  ~SignalsBlocked() { ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, kKernelSigset); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  uint64_t before_ = 0;
};

/// A child that changes its user makes the memory it shares with us undumpable, which would outlast it here.
class DumpableKept {
 public:
  DumpableKept() : before_(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)) {}
  ~DumpableKept() {
    if (before_ == 1 && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1) ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  }
  DumpableKept(const DumpableKept&) = delete;
  DumpableKept& operator=(const DumpableKept&) = delete;

 private:
  int before_;
};

/// Real-time scheduling of the calling thread while it starts a program that is not to have it. The thread
/// stands still until execve(2) in the child has let go of its memory. A child that had to wait for a
/// processor as an ordinary process would hold it up: on a busy host for a tenth of a second. So the child
/// keeps the parent's priority, the parent goes one above (else it would not get its processor back from the
/// child at once), and takes the priority from the child when it is awake again.
class Hurry {
 public:
  explicit Hurry(bool wanted) {
    if (!wanted) return;
    policy_ = ::sched_getscheduler(0);
    if ((policy_ & ~SCHED_RESET_ON_FORK) != SCHED_RR && (policy_ & ~SCHED_RESET_ON_FORK) != SCHED_FIFO)
      return;
    if (::sched_getparam(0, &before_) != 0) return;
    sched_param above = before_;
    if (above.sched_priority < ::sched_get_priority_max(SCHED_RR)) ++above.sched_priority;
    active_ = ::sched_setscheduler(0, policy_ & ~SCHED_RESET_ON_FORK, &above) == 0;
  }
  ~Hurry() {
    if (active_) ::sched_setscheduler(0, policy_, &before_);
  }
  Hurry(const Hurry&) = delete;
  Hurry& operator=(const Hurry&) = delete;

  [[nodiscard]] int child_priority() const { return active_ ? before_.sched_priority : 0; }

  /// The program runs: as an ordinary one. @returns whether that was possible (or it has ended already).
  [[nodiscard]] bool Calm(pid_t child) const {
    const sched_param ordinary{};
    if (!active_ || ::sched_setscheduler(child, SCHED_OTHER, &ordinary) == 0 || errno == ESRCH) return true;
    // Without privilege the flag has to stay; with an ordinary policy it means little.
    return ::sched_setscheduler(child, SCHED_OTHER | SCHED_RESET_ON_FORK, &ordinary) == 0;
  }

 private:
  int policy_ = SCHED_OTHER;
  sched_param before_{};
  bool active_ = false;
};

/// Moves a descriptor away from 0 to 2, where the child would overwrite it (a daemon may have closed those).
bool MoveAboveStdio(Fd& fd) {
  if (fd && fd.get() <= STDERR_FILENO) fd = Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  return static_cast<bool>(fd);
}

SpawnResult Failed(const char* call, int error) {
  SpawnResult result;
  result.failed_call = call;
  result.error = error;
  return result;
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Starts the child and waits until it has left our memory. @returns its pid, or -1 with errno.
pid_t Clone(Launch& launch, int& pidfd) {
  alignas(16) std::array<char, 32768> stack;
  const DumpableKept dumpable;
  const SignalsBlocked blocked;
  return ::clone(RunChild, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
                 &launch, &pidfd);
}

}  // namespace

SpawnResult Spawn(const SpawnRequest& request) {
  SpawnResult result;
  Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!MoveAboveStdio(null)) return Failed("open", errno);
  Fd write_end;
  if (request.capture_stderr) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Failed("pipe2", errno);
    result.stderr_pipe.Reset(ends[0]);
    write_end.Reset(ends[1]);
    if (!MoveAboveStdio(write_end)) return Failed("fcntl", errno);
    // Only our end: the flag belongs to the pipe's end, and the program expects a blocking stderr.
    if (::fcntl(result.stderr_pipe.get(), F_SETFL, O_NONBLOCK) != 0) return Failed("fcntl", errno);
  }

  const std::vector<char*> argv = Pointers(request.args);
  const std::vector<char*> envp = Pointers(request.env);
  Launch launch{};
  launch.file = request.file.c_str();
  launch.argv = argv.data();
  launch.envp = envp.data();
  launch.cwd = request.cwd ? request.cwd->c_str() : nullptr;
  launch.set_groups = request.groups.has_value();
  launch.groups = request.groups ? request.groups->data() : nullptr;
  launch.group_count = request.groups ? request.groups->size() : 0;
  launch.uid = request.uid ? int64_t{*request.uid} : -1;
  launch.gid = request.gid ? int64_t{*request.gid} : -1;
  launch.new_group = request.new_group;
  launch.normal_scheduling = request.normal_scheduling;
  launch.parent_death_signal = request.parent_death_signal;
  launch.null_fd = null.get();
  launch.stderr_fd = write_end ? write_end.get() : null.get();
  launch.parent = ::getpid();

  int pidfd = -1;
  {
    const Hurry hurry(request.normal_scheduling);
    launch.realtime_priority = hurry.child_priority();
    result.pid = Clone(launch, pidfd);
    if (result.pid < 0) return Failed("clone", errno);
    result.pidfd.Reset(pidfd);
    if (launch.failed_call == nullptr && !hurry.Calm(result.pid)) {
      launch.failed_call = "sched_setscheduler";
      launch.error = errno;
      ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
    }
  }
  if (launch.failed_call == nullptr) return result;
  siginfo_t ended{};
  ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &ended, WEXITED);  // it has, or is about to
  return Failed(launch.failed_call, launch.error);
}

}  // namespace keepalived
