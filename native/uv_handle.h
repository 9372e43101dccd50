/// Ownership of libuv handles. libuv may touch a handle until its close callback has run, which is after the
/// owner is gone: the handle therefore lives on the heap by itself, and the callback frees it.
#pragma once

#include <uv.h>

#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace keepalived {

/// A libuv handle as it lies on the heap. libuv is not instrumented, so AddressSanitizer does not see what it
/// does with a handle that was freed too early: there the memory is overwritten, and libuv falls over it.
template <typename T>
struct UvHandleMemory : T {
#ifdef KEEPALIVED_SANITIZE
  static void operator delete(void* memory, std::size_t size) {
    std::memset(memory, 0xdd, size);
    asm volatile("" : : "r"(memory) : "memory");  // a compiler drops what it takes for a dead store
    ::operator delete(memory);
  }
#endif
};

/// Owns one libuv handle of type `T`; closing forgets the owner, so no callback can reach a dead object.
template <typename T>
class UvHandle {
 public:
  UvHandle() noexcept = default;
  ~UvHandle() { Close(); }

  UvHandle(const UvHandle&) = delete;
  UvHandle& operator=(const UvHandle&) = delete;

  /// Creates the handle with `init(T*)`, which returns 0 or a negative errno as the uv_*_init functions do.
  template <typename Init>
  [[nodiscard]] int Open(void* owner, Init init) {
    Close();
    auto handle = std::make_unique<Memory>();
    const int status = init(handle.get());
    if (status != 0) return status;  // libuv does not know the handle: nothing to close
    handle->data = owner;
    handle_ = handle.release();
    return 0;
  }

  void Close() noexcept {
    Memory* handle = std::exchange(handle_, nullptr);
    if (handle == nullptr) return;
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<Memory*>(closed); });
  }

  /// Whether the handle keeps the event loop alive.
  void SetRef(bool on) noexcept {
    if (handle_ == nullptr) return;
    auto* handle = reinterpret_cast<uv_handle_t*>(handle_);
    on ? uv_ref(handle) : uv_unref(handle);
  }

  [[nodiscard]] T* get() const noexcept { return handle_; }
  [[nodiscard]] explicit operator bool() const noexcept { return handle_ != nullptr; }

 private:
  using Memory = UvHandleMemory<T>;

  Memory* handle_ = nullptr;
};

/// Watches a descriptor from now on: `callback` whenever it is readable. @returns 0 or a negative errno.
[[nodiscard]] inline int WatchReadable(UvHandle<uv_poll_t>& poll, void* owner, uv_loop_t* loop, int fd,
                                       uv_poll_cb callback) {
  const int status = poll.Open(owner, [=](uv_poll_t* handle) { return uv_poll_init(loop, handle, fd); });
  return status != 0 ? status : uv_poll_start(poll.get(), UV_READABLE, callback);
}

static_assert(!std::is_copy_constructible_v<UvHandle<uv_poll_t>> &&
              !std::is_copy_assignable_v<UvHandle<uv_poll_t>>);

}  // namespace keepalived
