/// One inotify descriptor: reports what happens in directories, as the kernel's records, unread. Which
/// directories there are and what the records mean is decided in TypeScript.
#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

#include "arguments.h"
#include "classes.h"
#include "error.h"
#include "fd.h"
#include "resource.h"
#include "uv_handle.h"

namespace keepalived {
namespace {

constexpr size_t kBuffer =
    16384;  ///< some 60 records with the longest names; the rest comes in the next turn

class Inotify : public Resource<Inotify> {
 public:
  explicit Inotify(const Napi::CallbackInfo& info) : Resource(info) {
    Arguments args(env_);
    const auto callback = args.Function(info[0], "onEvents");
    if (!args.ok()) return;
    fd_.Reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!fd_) {
      ThrowErrno(env_, "inotify_init1", errno);
      return;
    }
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
    return DefineClass(env, "Inotify",
                       {InstanceMethod<&Inotify::Add>("add"), InstanceMethod<&Inotify::Remove>("remove"),
                        InstanceMethod<&Inotify::Close>("close")});
  }

 private:
  Napi::Value Add(const Napi::CallbackInfo& info) {
    if (!fd_) return ThrowClosed("inotify_add_watch");
    Arguments args(env_);
    const auto path = args.String(info[0], "path");
    const double mask = args.Number(info[1], "mask", 0, std::numeric_limits<uint32_t>::max());
    if (!args.ok()) return env_.Undefined();
    const int watch = ::inotify_add_watch(fd_.get(), path.c_str(), static_cast<uint32_t>(mask));
    if (watch < 0) {
      ThrowErrno(env_, "inotify_add_watch", errno);
      return env_.Undefined();
    }
    Hold(true);  // somebody wants to hear of it, whether the object is remembered or not
    return Napi::Number::New(env_, watch);
  }

  Napi::Value Remove(const Napi::CallbackInfo& info) {
    if (!fd_) return ThrowClosed("inotify_rm_watch");
    Arguments args(env_);
    const int watch = args.Int(info[0], "watch", 0);
    if (!args.ok()) return env_.Undefined();
    return Napi::Boolean::New(env_, ::inotify_rm_watch(fd_.get(), watch) == 0);
  }

  static void OnReadable(uv_poll_t* poll, int, int) {
    auto* self = static_cast<Inotify*>(poll->data);
    std::array<uint8_t, kBuffer> buffer;
    const ssize_t size = ::read(self->fd_.get(), buffer.data(), buffer.size());
    if (size <= 0) return;  // nothing there after all
    Napi::HandleScope scope(self->env_);
    auto bytes = Napi::Uint8Array::New(self->env_, static_cast<size_t>(size));
    std::memcpy(bytes.Data(), buffer.data(), static_cast<size_t>(size));
    self->Call(self->callback_, {bytes});
  }

  Napi::Value Close(const Napi::CallbackInfo&) {
    Release();
    return env_.Undefined();
  }

  // Destroyed from below: first the handle, then the descriptor it watches.
  Fd fd_;
  UvHandle<uv_poll_t> poll_;
  Napi::FunctionReference callback_;
};

}  // namespace

void ExportInotify(Napi::Env env, Napi::Object exports) { exports.Set("Inotify", Inotify::Define(env)); }

}  // namespace keepalived
