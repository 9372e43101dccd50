/// Process matters that Node lacks: scheduling, limits, memory locks, prctl, namespaces, file locks, syslog.
/// Each function is one system call or two, and says what the kernel said.
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>

#include <cerrno>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>

#include "arguments.h"
#include "classes.h"
#include "error.h"
#include "fd.h"

namespace keepalived {
namespace {

using Info = const Napi::CallbackInfo&;

/// The usual end of a function: nothing, or the refusal as an exception.
Napi::Value Done(Napi::Env env, const char* call, int result) {
  if (result != 0) ThrowErrno(env, call, errno);
  return env.Undefined();
}

Napi::Value MicrosOf(Info info, clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  const int64_t micros = int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
  return Napi::Number::New(info.Env(), static_cast<double>(micros));
}

Napi::Value MonotonicMicros(Info info) { return MicrosOf(info, CLOCK_MONOTONIC); }

Napi::Value BootMicros(Info info) { return MicrosOf(info, CLOCK_BOOTTIME); }

Napi::Value SetRealtime(Info info) {
  Arguments args(info.Env());
  const int priority = args.Int(info[0], "priority", 0, 99);
  if (!args.ok()) return info.Env().Undefined();
  sched_param parameter{};
  parameter.sched_priority = priority;
  const int policy = priority > 0 ? SCHED_RR | SCHED_RESET_ON_FORK : SCHED_OTHER;
  return Done(info.Env(), "sched_setscheduler", ::sched_setscheduler(0, policy, &parameter));
}

/// On Linux niceness and affinity belong to the thread; "the process" is all of them. Threads that end
/// meanwhile are none of our business, and threads that start inherit from one that is done.
template <typename Apply>
int ForEachThread(Apply apply) {
  const auto close = [](DIR* folder) { ::closedir(folder); };
  const std::unique_ptr<DIR, decltype(close)> tasks(::opendir("/proc/self/task"), close);
  if (tasks == nullptr) return -1;
  while (const dirent* entry = ::readdir(tasks.get())) {
    const int thread = std::atoi(entry->d_name);  // 0 for "." and ".."
    if (thread > 0 && apply(thread) != 0 && errno != ESRCH) return -1;
  }
  return 0;
}

Napi::Value SetNice(Info info) {
  Arguments args(info.Env());
  const int nice = args.Int(info[0], "nice", -20, 19);
  if (!args.ok()) return info.Env().Undefined();
  return Done(info.Env(), "setpriority", ForEachThread([&](int thread) {
                return ::setpriority(PRIO_PROCESS, static_cast<id_t>(thread), nice);
              }));
}

Napi::Value SetAffinity(Info info) {
  Arguments args(info.Env());
  const auto cpus = args.Ids(info[0], "cpus");
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const uint32_t cpu : cpus) {
    if (cpu >= CPU_SETSIZE) {
      args.FailRange("cpus must be below 1024");
      break;
    }
    CPU_SET(cpu, &set);
  }
  if (!args.ok()) return info.Env().Undefined();
  return Done(info.Env(), "sched_setaffinity",
              ForEachThread([&](int thread) { return ::sched_setaffinity(thread, sizeof set, &set); }));
}

rlim_t ToLimit(double value) { return std::isinf(value) ? RLIM_INFINITY : static_cast<rlim_t>(value); }

double FromLimit(rlim_t value) {
  return value == RLIM_INFINITY ? std::numeric_limits<double>::infinity() : static_cast<double>(value);
}

/// A finite limit: what a double counts exactly.
double LimitArgument(Arguments& args, Napi::Value value, const char* name) {
  const double limit = args.Number(value, name, 0, std::numeric_limits<double>::infinity());
  if (!std::isinf(limit) && limit > 9007199254740991.0)
    args.FailRange(std::string(name) + " is out of range");
  return limit;
}

Napi::Value SetLimit(Info info) {
  Arguments args(info.Env());
  const int resource = args.Int(info[0], "resource", 0);
  const double soft = LimitArgument(args, info[1], "soft");
  const double hard = LimitArgument(args, info[2], "hard");
  if (!args.ok()) return info.Env().Undefined();
  const rlimit limit{ToLimit(soft), ToLimit(hard)};
  return Done(info.Env(), "setrlimit", ::setrlimit(static_cast<__rlimit_resource>(resource), &limit));
}

Napi::Value GetLimit(Info info) {
  Arguments args(info.Env());
  const int resource = args.Int(info[0], "resource", 0);
  if (!args.ok()) return info.Env().Undefined();
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) {
    return Done(info.Env(), "getrlimit", -1);
  }
  auto pair = Napi::Array::New(info.Env(), 2);
  pair.Set(0u, FromLimit(limit.rlim_cur));
  pair.Set(1u, FromLimit(limit.rlim_max));
  return pair;
}

/// Text means every file mapped for execution: Debian's node keeps nearly all of its own in libnode.so. The
/// kernel lets the lock of the stack grow with it.
Napi::Value LockTextAndStack(Info info) {
  const auto close = [](FILE* file) { std::fclose(file); };
  const std::unique_ptr<FILE, decltype(close)> maps(std::fopen("/proc/self/maps", "re"), close);
  if (maps == nullptr) return Done(info.Env(), "open", -1);
  double locked = 0;
  char line[4096 + 128];
  while (std::fgets(line, sizeof line, maps.get()) != nullptr) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    char permissions[5] = "";
    int name = 0;
    const int fields =
        std::sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %n", &begin, &end, permissions, &name);
    if (fields != 3 || name == 0) continue;
    const bool text = permissions[2] == 'x' && line[name] == '/';
    const bool stack = std::strncmp(line + name, "[stack]", 7) == 0;
    if (!text && !stack) continue;
    if (::mlock2(reinterpret_cast<void*>(begin), end - begin, MLOCK_ONFAULT) != 0) {
      return Done(info.Env(), "mlock2", -1);
    }
    locked += static_cast<double>(end - begin);
  }
  return Napi::Number::New(info.Env(), locked);
}

Napi::Value SetParentDeathSignal(Info info) {
  Arguments args(info.Env());
  const int signal = args.Int(info[0], "signal", 0, 64);
  if (!args.ok()) return info.Env().Undefined();
  return Done(info.Env(), "prctl", ::prctl(PR_SET_PDEATHSIG, static_cast<unsigned long>(signal), 0, 0, 0));
}

Napi::Value SetProcessName(Info info) {
  Arguments args(info.Env());
  const std::string name = args.String(info[0], "name");
  if (!args.ok()) return info.Env().Undefined();
  return Done(info.Env(), "prctl", ::prctl(PR_SET_NAME, name.c_str(), 0, 0, 0));
}

Napi::Value Switch(Info info, int option) {
  Arguments args(info.Env());
  const bool on = args.Boolean(info[0], "on");
  if (!args.ok()) return info.Env().Undefined();
  return Done(info.Env(), "prctl", ::prctl(option, on ? 1UL : 0UL, 0, 0, 0));
}

Napi::Value SetChildSubreaper(Info info) { return Switch(info, PR_SET_CHILD_SUBREAPER); }
Napi::Value SetDumpable(Info info) { return Switch(info, PR_SET_DUMPABLE); }

Napi::Value EnterNamespace(Info info) {
  Arguments args(info.Env());
  const std::string path = args.String(info[0], "path");
  const int type = args.Int(info[1], "type");
  if (!args.ok()) return info.Env().Undefined();
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return Done(info.Env(), "open", -1);
  return Done(info.Env(), "setns", ::setns(file.get(), type));
}

Napi::Value MakeFifo(Info info) {
  Arguments args(info.Env());
  const std::string path = args.String(info[0], "path");
  const int mode = args.Int(info[1], "mode", 0, 07777);
  if (!args.ok()) return info.Env().Undefined();
  return Done(info.Env(), "mkfifo", ::mkfifo(path.c_str(), static_cast<mode_t>(mode)));
}

/// An "open file description" lock: it survives the close of another descriptor of the same file, and the
/// fork.
Napi::Value LockFile(Info info) {
  Arguments args(info.Env());
  const int fd = args.Int(info[0], "fd", 0);
  if (!args.ok()) return info.Env().Undefined();
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) return Napi::Boolean::New(info.Env(), true);
  if (errno != EAGAIN && errno != EACCES) return Done(info.Env(), "fcntl", -1);
  return Napi::Boolean::New(info.Env(), false);
}

// openlog(3) keeps the pointer, for the whole process and all its workers.
std::mutex syslog_mutex;
char syslog_ident[128];

Napi::Value OpenSyslog(Info info) {
  Arguments args(info.Env());
  const std::string ident = args.String(info[0], "ident");
  const int facility = args.Int(info[1], "facility", 0);
  const int options = args.Int(info[2], "options", 0);
  if (!args.ok()) return info.Env().Undefined();
  const std::lock_guard<std::mutex> guard(syslog_mutex);
  std::snprintf(syslog_ident, sizeof syslog_ident, "%s", ident.c_str());
  ::openlog(syslog_ident, options, facility);
  return info.Env().Undefined();
}

Napi::Value Syslog(Info info) {
  Arguments args(info.Env());
  const int priority = args.Int(info[0], "priority", 0);
  const std::string message = args.String(info[1], "message", Arguments::Nul::kCuts);
  if (!args.ok()) return info.Env().Undefined();
  const std::lock_guard<std::mutex> guard(syslog_mutex);
  ::syslog(priority, "%s", message.c_str());
  return info.Env().Undefined();
}

Napi::Value InterfaceIndex(Info info) {
  Arguments args(info.Env());
  const std::string name = args.String(info[0], "name");
  if (!args.ok()) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), ::if_nametoindex(name.c_str()));
}

Napi::Value ExitNow(Info info) {
  Arguments args(info.Env());
  const int status = args.Int(info[0], "status", 0, 255);
  if (!args.ok()) return info.Env().Undefined();
  ::_exit(status);
}

}  // namespace

void ExportProcess(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(Info)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  add("monotonicMicros", MonotonicMicros);
  add("bootMicros", BootMicros);
  add("setRealtime", SetRealtime);
  add("setNice", SetNice);
  add("setAffinity", SetAffinity);
  add("setLimit", SetLimit);
  add("getLimit", GetLimit);
  add("lockTextAndStack", LockTextAndStack);
  add("setParentDeathSignal", SetParentDeathSignal);
  add("setProcessName", SetProcessName);
  add("setChildSubreaper", SetChildSubreaper);
  add("setDumpable", SetDumpable);
  add("enterNamespace", EnterNamespace);
  add("makeFifo", MakeFifo);
  add("lockFile", LockFile);
  add("openSyslog", OpenSyslog);
  add("syslog", Syslog);
  add("interfaceIndex", InterfaceIndex);
  add("exitNow", ExitNow);
}

}  // namespace keepalived
