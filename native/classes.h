/// How each subject adds its part to the exports; called once per environment (main thread and each worker).
#pragma once

#include <napi.h>

namespace keepalived {

/// What the addon keeps per environment. There is no global state that belongs to one.
struct InstanceData {
  Napi::FunctionReference child;
};

void ExportSocket(Napi::Env env, Napi::Object exports);
void ExportConnector(Napi::Env env, Napi::Object exports);
void ExportInotify(Napi::Env env, Napi::Object exports);
void ExportTimer(Napi::Env env, Napi::Object exports);
void ExportSignalWatch(Napi::Env env, Napi::Object exports);
void ExportSpawn(Napi::Env env, Napi::Object exports);
void ExportProcess(Napi::Env env, Napi::Object exports);

}  // namespace keepalived
