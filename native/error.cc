/// Refused system calls as JavaScript errors.
#include "error.h"

#include <cstring>
#include <string>

namespace keepalived {

void ThrowErrno(Napi::Env env, const char* syscall, int error) {
  // Both functions are thread-safe and free of the locale, unlike strerror().
  const char* name = strerrorname_np(error);
  const char* text = strerrordesc_np(error);
  const std::string code = name != nullptr ? name : "E" + std::to_string(error);
  const std::string message = code + ": " + (text != nullptr ? text : "unknown error") + ", " + syscall;
  Napi::Error thrown = Napi::Error::New(env, message);
  // A terminating worker makes no errors any more: there is then nobody left to tell.
  if (thrown.IsEmpty() || env.IsExceptionPending()) return;
  thrown.Set("syscall", syscall);
  thrown.Set("errno", static_cast<double>(error));
  thrown.Set("code", code);
  thrown.ThrowAsJavaScriptException();
}

}  // namespace keepalived
