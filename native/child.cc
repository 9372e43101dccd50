/// A child process as JavaScript sees it: options in, exit and stderr out. How it is started is in spawn.cc.
///
/// A child is watched until it has ended, even when it was closed before: somebody must take its exit status,
/// or it stays a zombie. Its status is taken after onExit: until then its number, and with it that of its
/// group, cannot be given to another process, so that onExit may still kill the group.
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "arguments.h"
#include "classes.h"
#include "error.h"
#include "fd.h"
#include "resource.h"
#include "spawn.h"
#include "uv_handle.h"

namespace keepalived {
namespace {

constexpr int kLastSignal = 64;
/// As much as a pipe holds by default: an ended child's last words, and how much is read in one turn.
constexpr size_t kPipeSize = 65536;

SpawnRequest ReadRequest(Arguments& args, Napi::Value value) {
  SpawnRequest request;
  const Napi::Object options = args.Object(value, "options");
  const auto field = [&](const char* name, auto read) {
    const Napi::Value found = args.Field(options, name);
    if (args.ok() && !found.IsUndefined()) read(found, name);
  };
  const auto flag = [&](const char* name, bool& target) {
    field(name, [&](Napi::Value found, const char* what) { target = args.Boolean(found, what); });
  };
  request.file = args.String(args.Field(options, "file"), "file");
  request.args = args.Strings(args.Field(options, "args"), "args");
  request.env = args.Strings(args.Field(options, "env"), "env");
  field("cwd", [&](Napi::Value found, const char* what) { request.cwd = args.String(found, what); });
  field("uid", [&](Napi::Value found, const char* what) { request.uid = args.Id(found, what); });
  field("gid", [&](Napi::Value found, const char* what) { request.gid = args.Id(found, what); });
  field("groups", [&](Napi::Value found, const char* what) { request.groups = args.Ids(found, what); });
  field("parentDeathSignal", [&](Napi::Value found, const char* what) {
    request.parent_death_signal = args.Int(found, what, 0, kLastSignal);
  });
  flag("newGroup", request.new_group);
  flag("normalScheduling", request.normal_scheduling);
  flag("captureStderr", request.capture_stderr);
  return request;
}

class Child : public Resource<Child> {
 public:
  explicit Child(const Napi::CallbackInfo& info) : Resource(info) {
    Arguments args(env_);
    const SpawnRequest request = ReadRequest(args, info[0]);
    const auto on_exit = args.Function(info[1], "onExit");
    Napi::Function on_stderr;
    if (request.capture_stderr) on_stderr = args.Function(info[2], "onStderr");
    if (!args.ok()) return;

    SpawnResult result = Spawn(request);
    if (result.failed_call != nullptr) {
      ThrowErrno(env_, result.failed_call, result.error);
      return;
    }
    pid_ = result.pid;
    pidfd_ = std::move(result.pidfd);
    stderr_ = std::move(result.stderr_pipe);
    int status = WatchReadable(exit_poll_, this, Loop(), pidfd_.get(), OnExited);
    if (status == 0 && stderr_)
      status = WatchReadable(stderr_poll_, this, Loop(), stderr_.get(), OnStderrReadable);
    if (status != 0) {  // to the caller it was never started, and nobody would take its exit status
      ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
      siginfo_t ended{};
      ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &ended, WEXITED);
      Release();
      ThrowErrno(env_, "uv_poll_start", -status);
      return;
    }
    on_exit_ = Napi::Persistent(on_exit);
    if (stderr_) on_stderr_ = Napi::Persistent(on_stderr);
    Hold(true);
  }

  void Release() {
    EndStderr();
    EndWatch();
  }

  static Napi::Function Define(Napi::Env env) {
    return DefineClass(
        env, "Child",
        {InstanceAccessor<&Child::Pid>("pid"), InstanceMethod<&Child::Kill>("kill"),
         InstanceMethod<&Child::ReadStderr>("readStderr"), InstanceMethod<&Child::Close>("close")});
  }

 private:
  void EndStderr() {
    stderr_poll_.Close();
    stderr_.Reset();
    on_stderr_.Reset();
    if (!exit_poll_) Hold(false);
  }

  void EndWatch() {
    exit_poll_.Close();
    pidfd_.Reset();
    on_exit_.Reset();
    if (!stderr_poll_) Hold(false);
  }

  static void OnExited(uv_poll_t* poll, int, int) {
    auto* self = static_cast<Child*>(poll->data);
    const auto id = static_cast<id_t>(self->pidfd_.get());
    siginfo_t ended{};
    const int result = ::waitid(P_PIDFD, id, &ended, WEXITED | WNOHANG | WNOWAIT);
    if (result == 0 && ended.si_pid == 0) return;  // still running
    int status = -1;
    int signal = -1;
    if (result == 0) (ended.si_code == CLD_EXITED ? status : signal) = ended.si_status;
    uv_poll_stop(poll);
    Napi::HandleScope scope(self->env_);
    self->ReadOnce();  // what it said last comes before the news of its end
    const Napi::FunctionReference on_exit = std::move(self->on_exit_);
    self->Call(on_exit, {Napi::Number::New(self->env_, status), Napi::Number::New(self->env_, signal)});
    if (self->pidfd_) ::waitid(P_PIDFD, id, &ended, WEXITED | WNOHANG);
    self->EndWatch();
  }

  static void OnStderrReadable(uv_poll_t* poll, int, int) {
    auto* self = static_cast<Child*>(poll->data);
    Napi::HandleScope scope(self->env_);
    self->ReadOnce();
  }

  /// Hands over what the pipe holds, at most kPipeSize.
  void ReadOnce() {
    if (!stderr_ || on_stderr_.IsEmpty()) return;
    std::array<uint8_t, kPipeSize> buffer;
    const ssize_t length = ::read(stderr_.get(), buffer.data(), buffer.size());
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const size_t size = length > 0 ? static_cast<size_t>(length) : 0;
    auto chunk = Napi::Uint8Array::New(env_, size);
    if (chunk.IsEmpty()) return EndStderr();  // the environment is ending
    if (size > 0) {
      std::memcpy(chunk.Data(), buffer.data(), size);
      return Call(on_stderr_, {chunk});
    }
    const Napi::FunctionReference on_stderr = std::move(on_stderr_);
    EndStderr();
    Call(on_stderr, {chunk});
  }

  Napi::Value ReadStderr(const Napi::CallbackInfo& info) {
    if (closed_) return ThrowClosed("read");
    Arguments args(env_);
    const bool on = args.Boolean(info[0], "on");
    if (!args.ok() || !stderr_poll_) return env_.Undefined();
    const int status = on ? uv_poll_start(stderr_poll_.get(), UV_READABLE, OnStderrReadable)
                          : uv_poll_stop(stderr_poll_.get());
    if (status != 0) ThrowErrno(env_, "uv_poll_start", -status);
    return env_.Undefined();
  }

  Napi::Value Pid(const Napi::CallbackInfo&) { return Napi::Number::New(env_, pid_); }

  Napi::Value Kill(const Napi::CallbackInfo& info) {
    if (closed_) return ThrowClosed("kill");
    Arguments args(env_);
    const int signal = args.Int(info[0], "signal", 0, kLastSignal);
    const bool group = args.Boolean(info[1], "group");
    if (!args.ok()) return env_.Undefined();
    // Once its status is taken, the number may belong to somebody else.
    if (!pidfd_) return Napi::Boolean::New(env_, false);
    const long result =
        group ? ::kill(-pid_, signal) : ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
    if (result != 0 && errno != ESRCH) {
      ThrowErrno(env_, "kill", errno);
      return env_.Undefined();
    }
    return Napi::Boolean::New(env_, result == 0);
  }

  Napi::Value Close(const Napi::CallbackInfo&) {
    closed_ = true;
    on_exit_.Reset();
    exit_poll_.SetRef(false);
    EndStderr();
    return env_.Undefined();
  }

  pid_t pid_ = -1;
  bool closed_ = false;
  // Destroyed from below: first the handles, then the descriptors they watch.
  Fd pidfd_;
  Fd stderr_;
  UvHandle<uv_poll_t> exit_poll_;
  UvHandle<uv_poll_t> stderr_poll_;
  Napi::FunctionReference on_exit_;
  Napi::FunctionReference on_stderr_;
};

/// A function in the contract, since a child is never made without being started.
Napi::Value SpawnChild(const Napi::CallbackInfo& info) {
  const auto* data = info.Env().GetInstanceData<InstanceData>();
  return data->child.New({info[0], info[1], info[2]});
}

}  // namespace

void ExportSpawn(Napi::Env env, Napi::Object exports) {
  env.GetInstanceData<InstanceData>()->child = Napi::Persistent(Child::Define(env));
  exports.Set("spawn", Napi::Function::New(env, SpawnChild, "spawn"));
}

}  // namespace keepalived
