#include "outgoing.h"

#include <algorithm>
#include <cerrno>

namespace keepalived {
namespace {

constexpr size_t kSendBatch = 1024;  ///< UIO_MAXIOV: the kernel takes no more per sendmmsg(2)

}  // namespace

bool Outgoing::FitsSlab(const int32_t* message, size_t size) {
  for (size_t field = 0; field < kSendFields; field += 2) {
    const int64_t offset = message[field];
    const int64_t length = message[field + 1];
    if (offset < 0 || length < 0 || offset + length > static_cast<int64_t>(size)) return false;
  }
  return message[kNameSize] <= static_cast<int32_t>(sizeof(sockaddr_storage));
}

Outgoing::Result Outgoing::Send(int fd, uint8_t* slab, const int32_t* table, size_t count, int flags) {
  size_t sent = 0;
  while (sent < count) {
    const size_t chunk = std::min(count - sent, kSendBatch);
    Describe(slab, table + sent * kSendFields, chunk);
    const int result = ::sendmmsg(fd, messages_.data(), static_cast<unsigned>(chunk), flags | MSG_DONTWAIT);
    if (result < 0) {
      // After the first chunk a short count tells it all; the next call meets the same refusal.
      if (sent == 0 && errno != EAGAIN) return {0, errno};
      break;
    }
    sent += static_cast<size_t>(result);
    if (static_cast<size_t>(result) < chunk) break;
  }
  return {sent, 0};
}

void Outgoing::Describe(uint8_t* slab, const int32_t* table, size_t count) {
  if (messages_.size() < count) {
    messages_.resize(count);
    data_.resize(count);
  }
  for (size_t i = 0; i < count; ++i, table += kSendFields) {
    data_[i] = {slab + table[kData], static_cast<size_t>(table[kDataLength])};
    messages_[i] = {};
    msghdr& header = messages_[i].msg_hdr;
    header.msg_iov = &data_[i];
    header.msg_iovlen = 1;
    if (table[kNameSize] > 0) {
      header.msg_name = slab + table[kName];
      header.msg_namelen = static_cast<socklen_t>(table[kNameSize]);
    }
    if (table[kControlSize] > 0) {
      header.msg_control = slab + table[kControl];
      header.msg_controllen = static_cast<size_t>(table[kControlSize]);
    }
  }
}

}  // namespace keepalived
