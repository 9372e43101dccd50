/// Starting a program at the cost of a system call instead of a copy of the heap. Knows nothing of
/// JavaScript.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fd.h"

namespace keepalived {

/// SpawnOptions of the contract.
struct SpawnRequest {
  std::string file;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::optional<std::string> cwd;
  std::optional<uint32_t> uid;
  std::optional<uint32_t> gid;
  std::optional<std::vector<uint32_t>> groups;
  bool new_group = false;
  int parent_death_signal = 0;
  bool normal_scheduling = false;
  bool capture_stderr = false;
};

struct SpawnResult {
  const char* failed_call = nullptr;  ///< null when the program runs
  int error = 0;                      ///< errno of the failed call
  pid_t pid = -1;
  Fd pidfd;
  Fd stderr_pipe;  ///< read end, non-blocking; empty unless asked for
};

/// Runs the program, or says which call refused: in this process, or in the child up to and including
/// execve(2).
SpawnResult Spawn(const SpawnRequest& request);

}  // namespace keepalived
