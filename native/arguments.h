/// Checked reading of what JavaScript passed in. A wrong type is a TypeError, a wrong number a RangeError.
#pragma once

#include <napi.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace keepalived {

/// A view of memory that a typed array owns; valid until JavaScript runs again.
template <typename T>
struct Span {
  T* data = nullptr;
  size_t size = 0;
};

/// The first mistake leaves its exception pending; later reads then give empty values. So a method reads all
/// it needs and asks `ok()` once, before it does anything.
class Arguments {
 public:
  explicit Arguments(Napi::Env env) : env_(env) {}

  [[nodiscard]] bool ok() const { return ok_; }

  /// A whole number in [min, max].
  int32_t Int(Napi::Value value, const char* name, int32_t min = std::numeric_limits<int32_t>::min(),
              int32_t max = std::numeric_limits<int32_t>::max());
  /// A number in [min, max]; not NaN.
  double Number(Napi::Value value, const char* name, double min, double max);
  bool Boolean(Napi::Value value, const char* name);
  /// A string; one with a NUL, where the kernel would end it without a word, is refused unless that is fine.
  enum class Nul { kRefused, kCuts };
  std::string String(Napi::Value value, const char* name, Nul nul = Nul::kRefused);
  Napi::Function Function(Napi::Value value, const char* name);
  /// A Uint8Array (or Buffer).
  Span<uint8_t> Bytes(Napi::Value value, const char* name);
  /// An Int32Array.
  Span<int32_t> Ints(Napi::Value value, const char* name);
  std::vector<std::string> Strings(Napi::Value value, const char* name);
  std::vector<uint32_t> Ids(Napi::Value value, const char* name);
  /// A user or group id: 0 to 2^32 - 2 (the last one means "unchanged" to the kernel).
  uint32_t Id(Napi::Value value, const char* name);

  Napi::Object Object(Napi::Value value, const char* name);
  /// A property that may be missing; its getter may throw.
  Napi::Value Field(Napi::Object object, const char* name);

  void FailType(const std::string& message);
  void FailRange(const std::string& message);

 private:
  template <typename Read>
  void Each(Napi::Value value, const char* name, Read read);
  template <typename T>
  Span<T> Typed(Napi::Value value, const char* name, napi_typedarray_type type, const char* type_name);

  Napi::Env env_;
  bool ok_ = true;
};

}  // namespace keepalived
