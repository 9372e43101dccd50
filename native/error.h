/// Refused system calls as JavaScript errors (`NativeError` of src/native/addon.ts).
#pragma once

#include <napi.h>

namespace keepalived {

/// Leaves a NativeError pending: `syscall` and the positive errno `error`.
void ThrowErrno(Napi::Env env, const char* syscall, int error);

}  // namespace keepalived
