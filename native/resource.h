/// What every class of the addon shares: its life between JavaScript, the event loop and the environment.
///
/// - `close()` may come twice, or from the object's own callback.
/// - While something is under way the object holds itself (`Hold`), so that a forgotten timer still fires;
///   idle objects are collected, and their destructor closes what is left.
/// - When the environment ends (exit, worker termination) a hook closes it before Node closes the loop, since
///   a handle that is still open there aborts the process.
///
/// A callback is held until close. An object that is never closed, and whose callback refers back to it, is
/// therefore kept until the environment ends.
#pragma once

#include <napi.h>
#include <node_api.h>
#include <uv.h>

#include <cerrno>
#include <initializer_list>

#include "error.h"
#include "uv_handle.h"

namespace keepalived {

/// Base of the wrapped classes. `T` provides `Release()`: close everything, callable any number of times.
template <typename T>
class Resource : public Napi::ObjectWrap<T> {
 public:
  Resource(const Resource&) = delete;
  Resource& operator=(const Resource&) = delete;

 protected:
  explicit Resource(const Napi::CallbackInfo& info) : Napi::ObjectWrap<T>(info), env_(info.Env()) {
    napi_add_env_cleanup_hook(env_, OnEnvironmentEnd, this);
  }
  ~Resource() override { napi_remove_env_cleanup_hook(env_, OnEnvironmentEnd, this); }

  /// The event loop of this environment, which in a worker is the worker's.
  [[nodiscard]] uv_loop_t* Loop() const {
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env_, &loop);
    return loop;
  }

  /// For a constructor: watches a descriptor that keeps nobody waiting. @returns false when that failed:
  /// everything is given back, and an exception is pending.
  [[nodiscard]] bool WatchQuietly(UvHandle<uv_poll_t>& poll, int fd, uv_poll_cb callback) {
    const int status = WatchReadable(poll, static_cast<T*>(this), Loop(), fd, callback);
    poll.SetRef(false);
    if (status == 0) return true;
    static_cast<T*>(this)->Release();
    ThrowErrno(env_, "uv_poll_start", -status);
    return false;
  }

  /// Keeps the JavaScript object from being collected while `on`.
  void Hold(bool on) {
    if (on == held_) return;
    held_ = on;
    on ? this->Ref() : this->Unref();
  }

  /// Calls JavaScript from the event loop. What it throws becomes an 'uncaughtException', as with Node's own
  /// callbacks. The object may be closed when this returns. Raw Node-API: the C++ wrapper would turn the
  /// refusal of an environment that is being torn down into a fatal error.
  void Call(const Napi::FunctionReference& callback, std::initializer_list<napi_value> arguments) {
    if (callback.IsEmpty()) return;
    const napi_env env = env_;
    napi_value global = nullptr;
    napi_get_global(env, &global);
    const napi_status status = napi_make_callback(env, nullptr, global, callback.Value(), arguments.size(),
                                                  arguments.begin(), nullptr);
    if (status != napi_pending_exception) return;
    napi_value thrown = nullptr;
    if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) napi_fatal_exception(env, thrown);
  }

  /// What a method of a closed object answers.
  Napi::Value ThrowClosed(const char* call) const {
    ThrowErrno(env_, call, EBADF);
    return env_.Undefined();
  }

  Napi::Env env_;

 private:
  static void OnEnvironmentEnd(void* self) { static_cast<T*>(static_cast<Resource*>(self))->Release(); }

  bool held_ = false;
};

}  // namespace keepalived
