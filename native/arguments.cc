/// Checked reading of what JavaScript passed in.
#include "arguments.h"

#include <cmath>

namespace keepalived {

void Arguments::FailType(const std::string& message) {
  if (!ok_) return;
  ok_ = false;
  Napi::TypeError::New(env_, message).ThrowAsJavaScriptException();
}

void Arguments::FailRange(const std::string& message) {
  if (!ok_) return;
  ok_ = false;
  Napi::RangeError::New(env_, message).ThrowAsJavaScriptException();
}

double Arguments::Number(Napi::Value value, const char* name, double min, double max) {
  if (!ok_) return min;
  if (!value.IsNumber()) {
    FailType(std::string(name) + " must be a number");
    return min;
  }
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= min && number <= max)) {  // NaN is in no range
    FailRange(std::string(name) + " is out of range");
    return min;
  }
  return number;
}

int32_t Arguments::Int(Napi::Value value, const char* name, int32_t min, int32_t max) {
  const double number = Number(value, name, min, max);
  if (number != std::trunc(number)) FailRange(std::string(name) + " must be a whole number");
  return static_cast<int32_t>(number);
}

uint32_t Arguments::Id(Napi::Value value, const char* name) {
  const double number = Number(value, name, 0, std::numeric_limits<uint32_t>::max() - 1.0);
  if (number != std::trunc(number)) FailRange(std::string(name) + " must be a whole number");
  return static_cast<uint32_t>(number);
}

bool Arguments::Boolean(Napi::Value value, const char* name) {
  if (!ok_) return false;
  if (!value.IsBoolean()) {
    FailType(std::string(name) + " must be a boolean");
    return false;
  }
  return value.As<Napi::Boolean>().Value();
}

std::string Arguments::String(Napi::Value value, const char* name, Nul nul) {
  if (!ok_) return {};
  if (!value.IsString()) {
    FailType(std::string(name) + " must be a string");
    return {};
  }
  std::string text = value.As<Napi::String>().Utf8Value();
  if (nul == Nul::kRefused && text.find('\0') != std::string::npos)
    FailType(std::string(name) + " must not contain NUL");
  return text;
}

Napi::Function Arguments::Function(Napi::Value value, const char* name) {
  if (!ok_) return {};
  if (!value.IsFunction()) {
    FailType(std::string(name) + " must be a function");
    return {};
  }
  return value.As<Napi::Function>();
}

template <typename T>
Span<T> Arguments::Typed(Napi::Value value, const char* name, napi_typedarray_type type,
                         const char* type_name) {
  if (!ok_) return {};
  napi_typedarray_type actual{};
  size_t length = 0;
  void* data = nullptr;
  if (!value.IsTypedArray() ||
      napi_get_typedarray_info(env_, value, &actual, &length, &data, nullptr, nullptr) != napi_ok ||
      actual != type) {
    FailType(std::string(name) + " must be " + type_name);
    return {};
  }
  return {static_cast<T*>(data), length};
}

Span<uint8_t> Arguments::Bytes(Napi::Value value, const char* name) {
  return Typed<uint8_t>(value, name, napi_uint8_array, "a Uint8Array");
}

Span<int32_t> Arguments::Ints(Napi::Value value, const char* name) {
  return Typed<int32_t>(value, name, napi_int32_array, "an Int32Array");
}

template <typename Read>
void Arguments::Each(Napi::Value value, const char* name, Read read) {
  if (!ok_) return;
  if (!value.IsArray()) return FailType(std::string(name) + " must be an array");
  const auto array = value.As<Napi::Array>();
  const uint32_t length = array.Length();
  for (uint32_t i = 0; i < length && ok_; ++i) {
    const Napi::Value element = array.Get(i);
    if (env_.IsExceptionPending()) {
      ok_ = false;
      return;
    }
    read(element);
  }
}

std::vector<std::string> Arguments::Strings(Napi::Value value, const char* name) {
  std::vector<std::string> out;
  Each(value, name, [&](Napi::Value element) { out.push_back(String(element, name)); });
  return out;
}

std::vector<uint32_t> Arguments::Ids(Napi::Value value, const char* name) {
  std::vector<uint32_t> out;
  Each(value, name, [&](Napi::Value element) { out.push_back(Id(element, name)); });
  return out;
}

Napi::Object Arguments::Object(Napi::Value value, const char* name) {
  if (!ok_) return {};
  if (!value.IsObject()) {
    FailType(std::string(name) + " must be an object");
    return {};
  }
  return value.As<Napi::Object>();
}

Napi::Value Arguments::Field(Napi::Object object, const char* name) {
  if (!ok_) return env_.Undefined();
  Napi::Value value = object.Get(name);
  if (env_.IsExceptionPending()) {
    ok_ = false;
    return env_.Undefined();
  }
  return value;
}

}  // namespace keepalived
