/// One class for sockets of every family: bytes in and out in batches, options, readability.
/// Knows no protocol; of the control messages it reads the interface, the destination, the hop limit and the
/// time.
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "arguments.h"
#include "classes.h"
#include "error.h"
#include "fd.h"
#include "outgoing.h"
#include "resource.h"
#include "uv_handle.h"

namespace keepalived {
namespace {

// META and META_FIELDS, ADDRESS_SLOT and ADDRESS_DESTINATION of the contract.
enum MetaField : size_t {
  kLength,
  kFlags,
  kIfindex,
  kHopLimit,
  kNameLength,
  kDestinationLength,
  kSeconds,
  kNanoseconds,
  kMetaFields
};
constexpr size_t kAddressSlot = 48;
constexpr size_t kAddressDestination = 32;

constexpr size_t kReceiveBatch = 64;  ///< datagrams per recvmmsg(2); more wait for the next call

/// Where recvmmsg(2) puts what does not go to the buffers of the caller.
struct Ancillary {
  alignas(cmsghdr) std::array<uint8_t, 128> control;
  std::array<uint8_t, kAddressDestination> name;
};

template <typename T>
T ReadAs(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

void ReadControl(const cmsghdr& control, int32_t* meta, uint8_t* destination) {
  const size_t size = control.cmsg_len - CMSG_LEN(0);
  const uint8_t* data = CMSG_DATA(&control);
  const auto keep = [&](uint32_t ifindex, const void* address, size_t length) {
    meta[kIfindex] = static_cast<int32_t>(ifindex);
    if (destination == nullptr) return;
    std::memcpy(destination, address, length);
    meta[kDestinationLength] = static_cast<int32_t>(length);
  };
  if (control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_PKTINFO && size >= sizeof(in_pktinfo)) {
    const auto info = ReadAs<in_pktinfo>(data);
    keep(static_cast<uint32_t>(info.ipi_ifindex), &info.ipi_addr, sizeof info.ipi_addr);
  } else if (control.cmsg_level == IPPROTO_IPV6 && control.cmsg_type == IPV6_PKTINFO &&
             size >= sizeof(in6_pktinfo)) {
    const auto info = ReadAs<in6_pktinfo>(data);
    keep(info.ipi6_ifindex, &info.ipi6_addr, sizeof info.ipi6_addr);
  } else if (size >= sizeof(int) &&
             ((control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_TTL) ||
              (control.cmsg_level == IPPROTO_IPV6 && control.cmsg_type == IPV6_HOPLIMIT))) {
    meta[kHopLimit] = ReadAs<int>(data);
  } else if (control.cmsg_level == SOL_SOCKET && control.cmsg_type == SCM_TIMESTAMPNS &&
             size >= sizeof(timespec)) {
    const auto time = ReadAs<timespec>(data);
    meta[kSeconds] = static_cast<int32_t>(time.tv_sec);
    meta[kNanoseconds] = static_cast<int32_t>(time.tv_nsec);
  }
}

/// Fills one meta record; `address` is the datagram's address slot, null when nobody wants it.
void ReadMessage(mmsghdr& message, int32_t* meta, uint8_t* address) {
  msghdr& header = message.msg_hdr;
  meta[kLength] = static_cast<int32_t>(message.msg_len);
  meta[kFlags] = header.msg_flags;
  meta[kIfindex] = 0;
  meta[kHopLimit] = -1;
  // The kernel reports the full length of an address that it had to cut.
  const auto name_length = std::min<size_t>(header.msg_namelen, kAddressDestination);
  meta[kNameLength] = static_cast<int32_t>(name_length);
  meta[kDestinationLength] = 0;
  meta[kSeconds] = 0;
  meta[kNanoseconds] = 0;
  if (name_length >= offsetof(sockaddr_ll, sll_hatype) && ReadAs<sa_family_t>(header.msg_name) == AF_PACKET) {
    meta[kIfindex] =
        ReadAs<int>(static_cast<const uint8_t*>(header.msg_name) + offsetof(sockaddr_ll, sll_ifindex));
  }
  uint8_t* destination = address == nullptr ? nullptr : address + kAddressDestination;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(&header, control)) {
    ReadControl(*control, meta, destination);
  }
}

class Socket : public Resource<Socket> {
 public:
  explicit Socket(const Napi::CallbackInfo& info) : Resource(info) {
    Arguments args(env_);
    const int domain = args.Int(info[0], "domain");
    const int type = args.Int(info[1], "type");
    const int protocol = args.Int(info[2], "protocol");
    if (!args.ok()) return;
    fd_.Reset(::socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
    if (!fd_) ThrowErrno(env_, "socket", errno);
  }

  /// The handle goes before the descriptor, as libuv must take it out of epoll while it is still ours.
  void Release() {
    poll_.Close();
    fd_.Reset();
    on_readable_.Reset();
    Hold(false);
  }

  static Napi::Function Define(Napi::Env env) {
    return DefineClass(
        env, "Socket",
        {InstanceAccessor<&Socket::Descriptor>("fd"), InstanceMethod<&Socket::SetOption>("setOption"),
         InstanceMethod<&Socket::GetOption>("getOption"),
         InstanceMethod<&Socket::AttachFilter>("attachFilter"), InstanceMethod<&Socket::Bind>("bind"),
         InstanceMethod<&Socket::Connect>("connect"), InstanceMethod<&Socket::LocalAddress>("localAddress"),
         InstanceMethod<&Socket::ReceiveBatch>("receiveBatch"),
         InstanceMethod<&Socket::SendBatch>("sendBatch"),
         InstanceMethod<&Socket::InterfaceRequest>("interfaceRequest"),
         InstanceMethod<&Socket::StartReading>("startReading"),
         InstanceMethod<&Socket::StopReading>("stopReading"), InstanceMethod<&Socket::SetRef>("setRef"),
         InstanceMethod<&Socket::Close>("close")});
  }

 private:
  Napi::Value Descriptor(const Napi::CallbackInfo&) { return Napi::Number::New(env_, fd_.get()); }

  Napi::Value SetOption(const Napi::CallbackInfo& info) {
    if (!fd_) return ThrowClosed("setsockopt");
    Arguments args(env_);
    const int level = args.Int(info[0], "level");
    const int name = args.Int(info[1], "name");
    int number = 0;
    Span<uint8_t> bytes;
    const bool is_number = info[2].IsNumber();
    if (is_number) {
      number = args.Int(info[2], "value");
    } else {
      bytes = args.Bytes(info[2], "value");
    }
    if (!args.ok()) return env_.Undefined();
    const void* value = is_number ? static_cast<const void*>(&number) : bytes.data;
    const auto size = static_cast<socklen_t>(is_number ? sizeof number : bytes.size);
    if (::setsockopt(fd_.get(), level, name, value, size) != 0) ThrowErrno(env_, "setsockopt", errno);
    return env_.Undefined();
  }

  Napi::Value GetOption(const Napi::CallbackInfo& info) {
    if (!fd_) return ThrowClosed("getsockopt");
    Arguments args(env_);
    const int level = args.Int(info[0], "level");
    const int name = args.Int(info[1], "name");
    if (!args.ok()) return env_.Undefined();
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(fd_.get(), level, name, &value, &size) != 0) {
      ThrowErrno(env_, "getsockopt", errno);
      return env_.Undefined();
    }
    return Napi::Number::New(env_, value);
  }

  Napi::Value AttachFilter(const Napi::CallbackInfo& info) {
    if (!fd_) return ThrowClosed("setsockopt");
    Arguments args(env_);
    const auto program = args.Bytes(info[0], "program");
    if (args.ok() && (program.size == 0 || program.size % sizeof(sock_filter) != 0 ||
                      program.size / sizeof(sock_filter) > BPF_MAXINSNS)) {
      args.FailRange("program must hold 1 to 4096 records of 8 bytes");
    }
    if (!args.ok()) return env_.Undefined();
    std::vector<sock_filter> records(program.size / sizeof(sock_filter));
    std::memcpy(records.data(), program.data, program.size);
    const sock_fprog filter{static_cast<unsigned short>(records.size()), records.data()};
    if (::setsockopt(fd_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) {
      ThrowErrno(env_, "setsockopt", errno);
    }
    return env_.Undefined();
  }

  Napi::Value Bind(const Napi::CallbackInfo& info) { return WithAddress(info, "bind", ::bind); }
  Napi::Value Connect(const Napi::CallbackInfo& info) { return WithAddress(info, "connect", ::connect); }

  Napi::Value WithAddress(const Napi::CallbackInfo& info, const char* call,
                          int (*function)(int, const sockaddr*, socklen_t)) {
    if (!fd_) return ThrowClosed(call);
    Arguments args(env_);
    const auto bytes = args.Bytes(info[0], "address");
    sockaddr_storage address{};
    if (args.ok() && bytes.size > sizeof address) args.FailRange("address is longer than any sockaddr");
    if (!args.ok()) return env_.Undefined();
    if (bytes.size > 0) std::memcpy(&address, bytes.data, bytes.size);
    if (function(fd_.get(), reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(bytes.size)) != 0) {
      ThrowErrno(env_, call, errno);
    }
    return env_.Undefined();
  }

  Napi::Value LocalAddress(const Napi::CallbackInfo&) {
    if (!fd_) return ThrowClosed("getsockname");
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      ThrowErrno(env_, "getsockname", errno);
      return env_.Undefined();
    }
    auto bytes = Napi::Uint8Array::New(env_, std::min<size_t>(size, sizeof address));
    std::memcpy(bytes.Data(), &address, bytes.ByteLength());
    return bytes;
  }

  Napi::Value ReceiveBatch(const Napi::CallbackInfo& info) {
    if (!fd_) return ThrowClosed("recvmmsg");
    Arguments args(env_);
    const auto slab = args.Bytes(info[0], "slab");
    const auto slot_size = static_cast<size_t>(args.Int(info[1], "slotSize", 1));
    const auto meta = args.Ints(info[2], "meta");
    const auto addresses = args.Bytes(info[3], "addresses");
    if (!args.ok()) return env_.Undefined();
    size_t slots = std::min({kReceiveBatch, slab.size / slot_size, meta.size / kMetaFields});
    if (addresses.size > 0) slots = std::min(slots, addresses.size / kAddressSlot);
    if (slots == 0) {
      args.FailRange("slab, meta and addresses must have room for one datagram");
      return env_.Undefined();
    }

    std::array<mmsghdr, kReceiveBatch> messages;
    std::array<iovec, kReceiveBatch> data;
    std::array<Ancillary, kReceiveBatch> ancillary;
    for (size_t i = 0; i < slots; ++i) {
      data[i] = {slab.data + i * slot_size, slot_size};
      messages[i] = {};
      msghdr& header = messages[i].msg_hdr;
      header.msg_name = addresses.size > 0 ? addresses.data + i * kAddressSlot : ancillary[i].name.data();
      header.msg_namelen = kAddressDestination;
      header.msg_iov = &data[i];
      header.msg_iovlen = 1;
      header.msg_control = ancillary[i].control.data();
      header.msg_controllen = ancillary[i].control.size();
    }
    const int count =
        ::recvmmsg(fd_.get(), messages.data(), static_cast<unsigned>(slots), MSG_DONTWAIT, nullptr);
    if (count < 0) {
      if (errno != EAGAIN && errno != EINTR) ThrowErrno(env_, "recvmmsg", errno);
      return Napi::Number::New(env_, 0);
    }
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      ReadMessage(messages[i], meta.data + i * kMetaFields,
                  addresses.size > 0 ? addresses.data + i * kAddressSlot : nullptr);
    }
    return Napi::Number::New(env_, count);
  }

  Napi::Value SendBatch(const Napi::CallbackInfo& info) {
    if (!fd_) return ThrowClosed("sendmmsg");
    Arguments args(env_);
    const auto slab = args.Bytes(info[0], "slab");
    const auto table = args.Ints(info[1], "table");
    const auto first = static_cast<size_t>(args.Int(info[2], "first", 0));
    const auto count = static_cast<size_t>(args.Int(info[3], "count", 0));
    const int flags = args.Int(info[4], "flags");
    if (args.ok() && first + count > table.size / kSendFields) args.FailRange("the table has fewer messages");
    for (size_t i = 0; args.ok() && i < count; ++i) {
      if (!Outgoing::FitsSlab(table.data + (first + i) * kSendFields, slab.size)) {
        args.FailRange("message " + std::to_string(first + i) + " reaches outside the slab");
      }
    }
    if (!args.ok()) return env_.Undefined();
    const auto [sent, error] =
        outgoing_.Send(fd_.get(), slab.data, table.data + first * kSendFields, count, flags);
    if (error != 0) ThrowErrno(env_, "sendmmsg", error);
    return Napi::Number::New(env_, static_cast<double>(sent));
  }

  /// The kernel reads and writes a whole ifreq whatever the request, and with a pointer in it: so it gets one
  /// of ours.
  Napi::Value InterfaceRequest(const Napi::CallbackInfo& info) {
    if (!fd_) return ThrowClosed("ioctl");
    Arguments args(env_);
    const int request = args.Int(info[0], "request", 0);
    const auto bytes = args.Bytes(info[1], "ifreq");
    const bool points = !info[2].IsUndefined();
    Span<uint8_t> data;
    if (points) data = args.Bytes(info[2], "data");
    ifreq record{};
    if (args.ok() && bytes.size > sizeof record) args.FailRange("ifreq is longer than a struct ifreq");
    if (!args.ok()) return env_.Undefined();
    if (bytes.size > 0) std::memcpy(&record, bytes.data, bytes.size);
    if (points) record.ifr_data = reinterpret_cast<char*>(data.data);
    if (::ioctl(fd_.get(), static_cast<unsigned long>(request), &record) != 0) {
      ThrowErrno(env_, "ioctl", errno);
    } else if (!points && bytes.size > 0) {
      std::memcpy(bytes.data, &record, bytes.size);
    }
    return env_.Undefined();
  }

  Napi::Value StartReading(const Napi::CallbackInfo& info) {
    if (!fd_) return ThrowClosed("uv_poll_start");
    Arguments args(env_);
    const auto callback = args.Function(info[0], "onReadable");
    if (!args.ok()) return env_.Undefined();
    int status = 0;
    if (!poll_) {
      status = poll_.Open(this, [this](uv_poll_t* poll) { return uv_poll_init(Loop(), poll, fd_.get()); });
      poll_.SetRef(ref_);
    }
    if (status == 0) status = uv_poll_start(poll_.get(), UV_READABLE, OnReadable);
    if (status != 0) {
      ThrowErrno(env_, "uv_poll_start", -status);
      return env_.Undefined();
    }
    on_readable_ = Napi::Persistent(callback);
    Hold(true);
    return env_.Undefined();
  }

  Napi::Value StopReading(const Napi::CallbackInfo&) {
    if (!fd_) return ThrowClosed("uv_poll_stop");
    if (poll_) uv_poll_stop(poll_.get());
    on_readable_.Reset();
    Hold(false);
    return env_.Undefined();
  }

  static void OnReadable(uv_poll_t* poll, int status, int) {
    auto* self = static_cast<Socket*>(poll->data);
    Napi::HandleScope scope(self->env_);
    // libuv stops the handle by itself on an error. The callback stays: it is most likely started again from
    // there.
    if (status < 0) self->Hold(false);
    self->Call(self->on_readable_, {Napi::Number::New(self->env_, status)});
  }

  Napi::Value SetRef(const Napi::CallbackInfo& info) {
    if (!fd_) return ThrowClosed("uv_ref");
    Arguments args(env_);
    const bool ref = args.Boolean(info[0], "ref");
    if (!args.ok()) return env_.Undefined();
    ref_ = ref;
    poll_.SetRef(ref);
    return env_.Undefined();
  }

  Napi::Value Close(const Napi::CallbackInfo&) {
    Release();
    return env_.Undefined();
  }

  // Destroyed from below: first the handle, then the descriptor it watches.
  Fd fd_;
  UvHandle<uv_poll_t> poll_;
  Napi::FunctionReference on_readable_;
  Outgoing outgoing_;
  bool ref_ = true;
};

}  // namespace

void ExportSocket(Napi::Env env, Napi::Object exports) {
  exports.Set("Socket", Socket::Define(env));
  exports.Set("metaFields", Napi::Number::New(env, kMetaFields));
}

}  // namespace keepalived
