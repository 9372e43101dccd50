/// One deadline in microseconds on a timerfd; libuv's own timers count milliseconds. Which deadline is next
/// is decided in TypeScript.
#include <sys/timerfd.h>

#include <cerrno>
#include <cmath>

#include "arguments.h"
#include "classes.h"
#include "error.h"
#include "fd.h"
#include "resource.h"
#include "uv_handle.h"

namespace keepalived {
namespace {

constexpr double kLastMicros =
    9e15;  ///< just below 2^53: each microsecond is a double, and the kernel takes it

class Timer : public Resource<Timer> {
 public:
  explicit Timer(const Napi::CallbackInfo& info) : Resource(info) {
    Arguments args(env_);
    const auto callback = args.Function(info[0], "callback");
    if (!args.ok()) return;
    fd_.Reset(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    if (!fd_) {
      ThrowErrno(env_, "timerfd_create", errno);
      return;
    }
    // Watched for good: starting and stopping per deadline would cost two more system calls each.
    if (!WatchQuietly(poll_, fd_.get(), OnReadable)) return;
    callback_ = Napi::Persistent(callback);
  }

  void Release() {
    poll_.Close();
    fd_.Reset();
    callback_.Reset();
    Hold(false);
  }

  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Timer",
                       {InstanceMethod<&Timer::Arm>("arm"), InstanceMethod<&Timer::Disarm>("disarm"),
                        InstanceMethod<&Timer::SetRef>("setRef"), InstanceMethod<&Timer::Close>("close")});
  }

 private:
  Napi::Value Arm(const Napi::CallbackInfo& info) {
    if (!fd_) return ThrowClosed("timerfd_settime");
    Arguments args(env_);
    const double at = args.Number(info[0], "atMicros", -kLastMicros, kLastMicros);
    if (!args.ok()) return env_.Undefined();
    itimerspec spec{};
    if (at >= 1) {
      const auto micros = static_cast<int64_t>(std::ceil(at));  // never early
      spec.it_value.tv_sec = static_cast<time_t>(micros / 1'000'000);
      spec.it_value.tv_nsec = static_cast<long>(micros % 1'000'000) * 1'000;
    } else {
      spec.it_value.tv_nsec = 1;  // zero would disarm
    }
    Set(spec, true);
    return env_.Undefined();
  }

  Napi::Value Disarm(const Napi::CallbackInfo&) {
    if (!fd_) return ThrowClosed("timerfd_settime");
    Set({}, false);
    return env_.Undefined();
  }

  void Set(const itimerspec& spec, bool armed) {
    if (::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &spec, nullptr) != 0) {
      return ThrowErrno(env_, "timerfd_settime", errno);
    }
    SetArmed(armed);
  }

  /// Only an armed timer keeps the loop and its own object alive.
  void SetArmed(bool armed) {
    armed_ = armed;
    poll_.SetRef(armed_ && ref_);
    Hold(armed_);
  }

  static void OnReadable(uv_poll_t* poll, int, int) {
    auto* self = static_cast<Timer*>(poll->data);
    uint64_t expirations = 0;
    // Nothing to read: the deadline was moved after epoll had reported the old one.
    if (::read(self->fd_.get(), &expirations, sizeof expirations) != sizeof expirations) return;
    Napi::HandleScope scope(self->env_);
    self->SetArmed(false);
    self->Call(self->callback_, {});
  }

  Napi::Value SetRef(const Napi::CallbackInfo& info) {
    if (!fd_) return ThrowClosed("uv_ref");
    Arguments args(env_);
    const bool ref = args.Boolean(info[0], "ref");
    if (!args.ok()) return env_.Undefined();
    ref_ = ref;
    poll_.SetRef(armed_ && ref_);
    return env_.Undefined();
  }

  Napi::Value Close(const Napi::CallbackInfo&) {
    Release();
    return env_.Undefined();
  }

  // Destroyed from below: first the handle, then the descriptor it watches.
  Fd fd_;
  UvHandle<uv_poll_t> poll_;
  Napi::FunctionReference callback_;
  bool armed_ = false;
  bool ref_ = true;
};

}  // namespace

void ExportTimer(Napi::Env env, Napi::Object exports) { exports.Set("Timer", Timer::Define(env)); }

}  // namespace keepalived
