/// Signals through uv_signal. Node's own process.on() refuses real-time signals, which is why this exists.
#include <csignal>

#include "arguments.h"
#include "classes.h"
#include "error.h"
#include "resource.h"
#include "uv_handle.h"

namespace keepalived {
namespace {

class SignalWatch : public Resource<SignalWatch> {
 public:
  explicit SignalWatch(const Napi::CallbackInfo& info) : Resource(info) {
    Arguments args(env_);
    const int number = args.Int(info[0], "signal", 1, SIGRTMAX);
    const auto callback = args.Function(info[1], "callback");
    if (!args.ok()) return;
    int status = handle_.Open(this, [this](uv_signal_t* handle) { return uv_signal_init(Loop(), handle); });
    if (status == 0) status = uv_signal_start(handle_.get(), OnSignal, number);
    if (status != 0) {
      Release();
      ThrowErrno(env_, "uv_signal_start", -status);
      return;
    }
    callback_ = Napi::Persistent(callback);
    Hold(true);
  }

  void Release() {
    handle_.Close();
    callback_.Reset();
    Hold(false);
  }

  static Napi::Function Define(Napi::Env env) {
    return DefineClass(
        env, "SignalWatch",
        {InstanceMethod<&SignalWatch::SetRef>("setRef"), InstanceMethod<&SignalWatch::Close>("close")});
  }

 private:
  static void OnSignal(uv_signal_t* handle, int) {
    auto* self = static_cast<SignalWatch*>(handle->data);
    Napi::HandleScope scope(self->env_);
    self->Call(self->callback_, {});
  }

  Napi::Value SetRef(const Napi::CallbackInfo& info) {
    if (!handle_) return ThrowClosed("uv_ref");
    Arguments args(env_);
    const bool ref = args.Boolean(info[0], "ref");
    if (!args.ok()) return env_.Undefined();
    handle_.SetRef(ref);
    return env_.Undefined();
  }

  Napi::Value Close(const Napi::CallbackInfo&) {
    Release();
    return env_.Undefined();
  }

  UvHandle<uv_signal_t> handle_;
  Napi::FunctionReference callback_;
};

}  // namespace

void ExportSignalWatch(Napi::Env env, Napi::Object exports) {
  exports.Set("SignalWatch", SignalWatch::Define(env));
}

}  // namespace keepalived
