/// Ownership of libuv handles. libuv may touch a handle until its close callback has run, which is after the
/// owner is gone: the handle therefore lives on the heap by itself, and the callback frees it.
#pragma once

#include <uv.h>

#include <memory>
#include <type_traits>
#include <utility>

namespace keepalived {

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
    auto handle = std::make_unique<T>();
    const int status = init(handle.get());
    if (status != 0) return status;  // libuv does not know the handle: nothing to close
    handle->data = owner;
    handle_ = handle.release();
    return 0;
  }

  void Close() noexcept {
    T* handle = std::exchange(handle_, nullptr);
    if (handle == nullptr) return;
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<T*>(closed); });
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
  T* handle_ = nullptr;
};

static_assert(!std::is_copy_constructible_v<UvHandle<uv_poll_t>> &&
              !std::is_copy_assignable_v<UvHandle<uv_poll_t>>);

}  // namespace keepalived
