/// Ownership of file descriptors. Nothing else in the addon holds a descriptor as a bare int.
#pragma once

#include <unistd.h>

#include <type_traits>
#include <utility>

namespace keepalived {

/// Owns one file descriptor: exactly one owner, closed on every path out.
class Fd {
 public:
  Fd() noexcept = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  ~Fd() { Reset(); }

  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) Reset(std::exchange(other.fd_, -1));
    return *this;
  }

  /// Hands the descriptor to somebody else, who closes it; -1 when there is none.
  [[nodiscard]] int Release() noexcept { return std::exchange(fd_, -1); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

  /// Never retried: on Linux the number is free again even when close() reports EINTR.
  void Reset(int fd = -1) noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

static_assert(!std::is_copy_constructible_v<Fd> && !std::is_copy_assignable_v<Fd>);

}  // namespace keepalived
