# The addon, and the command that starts Node with it. Built through native/build.mjs, which finds the headers; `-Dkeepalived_sanitize=1` adds AddressSanitizer and UBSan
# (a name of our own: the configuration of Node itself sets `asan`, and wins).
{
  "variables": {"keepalived_sanitize%": 0},
  "targets": [{
    "target_name": "keepalived",
    "sources": [
      "native/addon.cc",
      "native/arguments.cc",
      "native/child.cc",
      "native/connector.cc",
      "native/error.cc",
      "native/inotify.cc",
      "native/outgoing.cc",
      "native/process.cc",
      "native/signal.cc",
      "native/socket.cc",
      "native/spawn.cc",
      "native/timer.cc",
    ],
    "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
    "defines": [
      "NAPI_VERSION=9",
      "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS",
      "NODE_ADDON_API_DISABLE_DEPRECATED",
      # A worker that is being terminated takes no exception any more; that is no reason to abort the process.
      "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
      "_GNU_SOURCE",
    ],
    "cflags": ["-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-fstack-protector-strong"],
    "cflags!": ["-Wno-unused-parameter"],
    "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fno-rtti"],
    # Bound at load: the child of spawn() must not enter the dynamic linker.
    "ldflags": ["-Wl,-z,now", "-Wl,-z,relro"],
    "conditions": [
      ["keepalived_sanitize==1", {
        "defines": ["KEEPALIVED_SANITIZE"],
        "cflags": ["-g", "-O1", "-fno-omit-frame-pointer", "-fsanitize=address,undefined",
                   "-fno-sanitize=vptr", "-fno-sanitize-recover=all"],
        "ldflags": ["-fsanitize=address,undefined"],
      }],
    ],
  }, {
    "target_name": "launcher",
    "type": "executable",
    "sources": ["native/launcher.c"],
    "defines": ["_GNU_SOURCE"],
    # What distributions harden programs with, and what g++ of Debian makes of its own accord: position-independent.
    "cflags": ["-Wall", "-Wextra", "-Wformat", "-Wformat-security", "-Werror", "-fstack-protector-strong", "-fPIE"],
    "cflags!": ["-fPIC"],
    "ldflags": ["-pie", "-Wl,-z,now", "-Wl,-z,relro"],
    "ldflags!": ["-rdynamic"],
    # Nothing of Node is in it, so that it starts in half a millisecond.
    "libraries!": ["-lstdc++", "-lm"],
  }],
}
