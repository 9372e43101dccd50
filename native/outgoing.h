/// Datagrams on their way out: from the table and the bytes of the caller to sendmmsg(2).
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace keepalived {

// SEND_FIELDS of the contract: offset and length of each part in the caller's bytes.
enum SendField : size_t { kData, kDataLength, kName, kNameSize, kControl, kControlSize, kSendFields };

/// The headers that one socket sends with; they stay allocated, as it sends again.
class Outgoing {
 public:
  struct Result {
    size_t sent;
    /// Of the first message; 0 when it was sent, or when the socket has no room.
    int error;
  };

  /// Whether all parts of a message (kSendFields numbers) lie within `size` bytes.
  static bool FitsSlab(const int32_t* message, size_t size);

  /// Sends messages that fit, as far as the kernel takes them without waiting.
  Result Send(int fd, uint8_t* slab, const int32_t* table, size_t count, int flags);

 private:
  void Describe(uint8_t* slab, const int32_t* table, size_t count);

  std::vector<mmsghdr> messages_;
  std::vector<iovec> data_;
};

}  // namespace keepalived
