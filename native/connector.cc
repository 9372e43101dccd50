/// Outgoing TCP connections, many at a time: sockets are made, given their options and connected in one call,
/// and one epoll descriptor tells the loop of all that are answered. Which connections there are, what they
/// are for and how long they may take is decided in TypeScript.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "arguments.h"
#include "classes.h"
#include "error.h"
#include "fd.h"
#include "resource.h"
#include "uv_handle.h"

namespace keepalived {
namespace {

// CONNECT_FIELDS and CONNECT_STAGES of the contract.
enum ConnectField : size_t { kPlan, kStage, kErrno, kFd, kConnectFields };
enum Stage : int32_t { kSocket, kMark, kInterface, kBind, kConnect, kAnswer };

constexpr size_t kEvents = 64;          ///< events per epoll_wait(2)
constexpr int32_t kMaxPlans = 1 << 20;  ///< far more than there can be descriptors

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
  /// sin_port and sin6_port stand at the same place.
  [[nodiscard]] bool HasPort() const { return reinterpret_cast<const sockaddr_in*>(&bytes)->sin_port != 0; }
};

/// How to connect, and the connection while it is being made.
struct Plan {
  bool used = false;
  bool keep = false;
  uint32_t mark = 0;
  Address destination;
  Address source;
  std::string interface;
  Fd fd;
};

/// What came of a connection; owns a descriptor that is to be handed over.
struct Outcome {
  int32_t plan;
  int32_t stage;
  int32_t error;
  Fd fd;
};

class Connector : public Resource<Connector> {
 public:
  explicit Connector(const Napi::CallbackInfo& info) : Resource(info) {
    Arguments args(env_);
    const auto callback = args.Function(info[0], "onAnswers");
    if (!args.ok()) return;
    epoll_.Reset(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_) {
      ThrowErrno(env_, "epoll_create1", errno);
      return;
    }
    if (!WatchQuietly(poll_, epoll_.get(), OnReadable)) return;
    on_answers_ = Napi::Persistent(callback);
  }

  void Release() {
    poll_.Close();
    plans_.clear();
    free_.clear();
    ready_.clear();
    under_way_ = 0;
    epoll_.Reset();
    on_answers_.Reset();
    Hold(false);
  }

  static Napi::Function Define(Napi::Env env) {
    return DefineClass(
        env, "Connector",
        {InstanceMethod<&Connector::AddPlan>("addPlan"), InstanceMethod<&Connector::RemovePlan>("removePlan"),
         InstanceMethod<&Connector::Start>("start"), InstanceMethod<&Connector::Collect>("collect"),
         InstanceMethod<&Connector::Cancel>("cancel"), InstanceMethod<&Connector::Close>("close")});
  }

 private:
  Napi::Value AddPlan(const Napi::CallbackInfo& info) {
    if (!epoll_) return ThrowClosed("connect");
    Arguments args(env_);
    Plan plan;
    plan.used = true;
    plan.destination = ReadAddress(args, info[0], "destination");
    plan.source = ReadAddress(args, info[1], "source");
    plan.interface = args.String(info[2], "interface");
    plan.mark = static_cast<uint32_t>(args.Number(info[3], "mark", 0, UINT32_MAX));
    plan.keep = args.Boolean(info[4], "keep");
    if (args.ok() && plan.destination.size == 0) args.FailRange("destination must not be empty");
    if (args.ok() && free_.empty() && plans_.size() >= kMaxPlans) args.FailRange("too many plans");
    if (!args.ok()) return env_.Undefined();
    size_t id = plans_.size();
    if (free_.empty()) {
      plans_.push_back(std::move(plan));
    } else {
      id = free_.back();
      free_.pop_back();
      plans_[id] = std::move(plan);
    }
    return Napi::Number::New(env_, static_cast<double>(id));
  }

  static Address ReadAddress(Arguments& args, Napi::Value value, const char* name) {
    Address address;
    const auto bytes = args.Bytes(value, name);
    if (args.ok() && bytes.size > sizeof address.bytes)
      args.FailRange(std::string(name) + " is longer than any sockaddr");
    if (!args.ok() || bytes.size == 0) return address;
    std::memcpy(&address.bytes, bytes.data, bytes.size);
    address.size = static_cast<socklen_t>(bytes.size);
    return address;
  }

  /// The plan that an argument names; null with an exception pending when there is none.
  Plan* Find(Arguments& args, Napi::Value value) {
    const auto id = static_cast<size_t>(args.Int(value, "plan", 0));
    if (args.ok() && (id >= plans_.size() || !plans_[id].used)) args.FailRange("no such plan");
    return args.ok() ? &plans_[id] : nullptr;
  }

  Napi::Value RemovePlan(const Napi::CallbackInfo& info) {
    if (!epoll_) return env_.Undefined();
    Arguments args(env_);
    Plan* plan = Find(args, info[0]);
    if (plan == nullptr) return env_.Undefined();
    End(*plan);
    *plan = Plan{};
    free_.push_back(static_cast<size_t>(plan - plans_.data()));
    return env_.Undefined();
  }

  Napi::Value Start(const Napi::CallbackInfo& info) {
    if (!epoll_) return ThrowClosed("connect");
    Arguments args(env_);
    const auto ids = args.Ints(info[0], "plans");
    const auto count = static_cast<size_t>(args.Int(info[1], "count", 0));
    if (args.ok() && count > ids.size) args.FailRange("there are fewer plans");
    for (size_t i = 0; args.ok() && i < count; ++i) {
      const auto id = static_cast<size_t>(ids.data[i]);
      if (ids.data[i] < 0 || id >= plans_.size() || !plans_[id].used) args.FailRange("no such plan");
    }
    if (!args.ok()) return env_.Undefined();
    for (size_t i = 0; i < count; ++i) Begin(ids.data[i]);
    return env_.Undefined();
  }

  /// One connection; a refusal on the way becomes an outcome. One that is under way already begins anew.
  void Begin(int32_t id) {
    Plan& plan = plans_[static_cast<size_t>(id)];
    End(plan);
    Fd fd(::socket(plan.destination.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int stage = fd ? Prepare(plan, fd.get()) : kSocket;
    const int error = errno;
    if (stage == kConnect && error == EINPROGRESS) {
      epoll_event event{};
      event.events = EPOLLOUT;
      event.data.u64 = static_cast<uint64_t>(id);
      if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) {
        ready_.push_back({id, kSocket, errno, Fd()});
        return;
      }
      plan.fd = std::move(fd);
      Count(1);
    } else if (stage == kAnswer) {
      ready_.push_back({id, kAnswer, 0, plan.keep ? std::move(fd) : Fd()});
    } else {
      ready_.push_back({id, stage, error, Fd()});
    }
  }

  /// @returns the stage at which errno was set, kAnswer when the connection is made already.
  static int Prepare(const Plan& plan, int fd) {
    if (plan.mark != 0 && ::setsockopt(fd, SOL_SOCKET, SO_MARK, &plan.mark, sizeof plan.mark) != 0)
      return kMark;
    if (!plan.interface.empty() && ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, plan.interface.data(),
                                                static_cast<socklen_t>(plan.interface.size())) != 0) {
      return kInterface;
    }
    if (plan.source.size > 0) {
      // A fixed port is still in TIME_WAIT from the check before; a free one is better chosen by connect(2),
      // which knows the destination. Neither option can fail in a way that matters.
      const int on = 1;
      if (plan.source.HasPort()) {
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      } else {
        ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
      }
      if (::bind(fd, plan.source.get(), plan.source.size) != 0) return kBind;
    }
    return ::connect(fd, plan.destination.get(), plan.destination.size) == 0 ? kAnswer : kConnect;
  }

  /// Writes outcomes into `results`, as many as fit. @returns their number; 0 when there is none left.
  Napi::Value Collect(const Napi::CallbackInfo& info) {
    if (!epoll_) return Napi::Number::New(env_, 0);
    Arguments args(env_);
    const auto results = args.Ints(info[0], "results");
    if (args.ok() && results.size < kConnectFields) args.FailRange("results must have room for one outcome");
    if (!args.ok()) return env_.Undefined();
    const size_t room = results.size / kConnectFields;
    size_t count = 0;
    for (; count < room && !ready_.empty(); ++count) {
      Write(results.data + count * kConnectFields, std::move(ready_.back()));
      ready_.pop_back();
    }
    if (under_way_ > 0) count += CollectAnswers(results.data + count * kConnectFields, room - count);
    return Napi::Number::New(env_, static_cast<double>(count));
  }

  size_t CollectAnswers(int32_t* results, size_t room) {
    std::array<epoll_event, kEvents> events;
    size_t count = 0;
    while (count < room) {
      const int wanted = static_cast<int>(std::min(room - count, kEvents));
      const int found = ::epoll_wait(epoll_.get(), events.data(), wanted, 0);
      if (found <= 0) break;
      for (int i = 0; i < found; ++i, ++count) {
        Write(results + count * kConnectFields,
              Answer(static_cast<int32_t>(events[i].data.u64), events[i].events));
      }
      if (found < wanted) break;
    }
    return count;
  }

  Outcome Answer(int32_t id, uint32_t events) {
    Plan& plan = plans_[static_cast<size_t>(id)];
    int error = 0;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
      socklen_t size = sizeof error;
      if (::getsockopt(plan.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    }
    Fd kept;
    if (error == 0 && plan.keep) {
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, plan.fd.get(), nullptr);
      kept = std::move(plan.fd);
    }
    plan.fd.Reset();
    Count(-1);
    return {id, kAnswer, error, std::move(kept)};
  }

  /// The caller becomes the owner of the descriptor.
  static void Write(int32_t* record, Outcome outcome) {
    record[kPlan] = outcome.plan;
    record[kStage] = outcome.stage;
    record[kErrno] = outcome.error;
    record[kFd] = outcome.fd.Release();
  }

  Napi::Value Cancel(const Napi::CallbackInfo& info) {
    if (!epoll_) return env_.Undefined();
    Arguments args(env_);
    Plan* plan = Find(args, info[0]);
    if (plan != nullptr) End(*plan);
    return env_.Undefined();
  }

  /// Closes what is under way, and forgets an outcome that nobody has collected.
  void End(Plan& plan) {
    if (plan.fd) {
      plan.fd.Reset();
      Count(-1);
      return;
    }
    const auto id = static_cast<int32_t>(&plan - plans_.data());
    for (size_t i = 0; i < ready_.size(); ++i) {
      if (ready_[i].plan != id) continue;
      ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }

  /// Only what is under way keeps the loop and the object alive.
  void Count(int change) {
    under_way_ += change;
    poll_.SetRef(under_way_ > 0);
    Hold(under_way_ > 0);
  }

  static void OnReadable(uv_poll_t* poll, int, int) {
    auto* self = static_cast<Connector*>(poll->data);
    Napi::HandleScope scope(self->env_);
    self->Call(self->on_answers_, {});
  }

  Napi::Value Close(const Napi::CallbackInfo&) {
    Release();
    return env_.Undefined();
  }

  // Destroyed from below: first the handle, then the descriptor it watches.
  Fd epoll_;
  std::vector<Plan> plans_;
  std::vector<size_t> free_;
  /// Outcomes that were there before the loop could tell.
  std::vector<Outcome> ready_;
  int under_way_ = 0;
  UvHandle<uv_poll_t> poll_;
  Napi::FunctionReference on_answers_;
};

}  // namespace

void ExportConnector(Napi::Env env, Napi::Object exports) {
  exports.Set("Connector", Connector::Define(env));
}

}  // namespace keepalived
