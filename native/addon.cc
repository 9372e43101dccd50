/// The entry: gathers what the other files export. The contract is src/native/addon.ts and stands nowhere
/// else.
#include <napi.h>

#include "classes.h"

namespace keepalived {

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new InstanceData);
  ExportSocket(env, exports);
  ExportConnector(env, exports);
  ExportInotify(env, exports);
  ExportTimer(env, exports);
  ExportSignalWatch(env, exports);
  ExportSpawn(env, exports);
  ExportProcess(env, exports);
  return exports;
}

NODE_API_MODULE(keepalived, Init)

}  // namespace keepalived
