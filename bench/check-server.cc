/// Program: a server for health checks on every loopback address, so light that it does not cost what is
/// measured. Words: "tcp" or "http", the port. Prints "listening", and for each line that it reads the
/// largest number of connections that came within 100 ms since the last, and all of them. It ends with its
/// standard input.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

constexpr int kBacklog = 65535;
constexpr int kEventsAtOnce = 256;
constexpr char kAnswer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwell\n";

struct Counts {
  long slice = 0;
  long inSlice = 0;
  long largest = 0;
  long total = 0;

  void Add() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const long current = now.tv_sec * 10 + now.tv_nsec / 100'000'000;
    if (current != slice) inSlice = 0;
    slice = current;
    largest = std::max(largest, ++inSlice);
    ++total;
  }

  void Tell() {
    std::printf("%ld %ld\n", largest, total);
    std::fflush(stdout);
    largest = 0;
    total = 0;
  }
};

[[noreturn]] void Fail(const char* call) {
  std::perror(call);
  std::exit(1);
}

int Listen(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) Fail("socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Fail("bind");
  if (listen(fd, kBacklog) != 0) Fail("listen");
  return fd;
}

void Watch(int poll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) != 0) Fail("epoll_ctl");
}

/// A checker's request comes in one piece: there is nothing to wait for.
void Answer(int client) {
  char request[4096];
  if (recv(client, request, sizeof request, 0) > 0) send(client, kAnswer, std::strlen(kAnswer), MSG_NOSIGNAL);
  close(client);
}

void Accept(int poll, int listener, bool answers, Counts& counts) {
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    counts.Add();
    if (answers)
      Watch(poll, client);
    else
      close(client);
  }
}

/// @returns false at the end of standard input.
bool ReadLine(Counts& counts) {
  char line[64];
  if (read(STDIN_FILENO, line, sizeof line) <= 0) return false;
  counts.Tell();
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const bool answers = std::strcmp(argv[1], "http") == 0;
  const rlimit descriptors{65536, 65536};
  setrlimit(RLIMIT_NOFILE, &descriptors);
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  if (poll < 0) Fail("epoll_create1");
  const int listener = Listen(std::atoi(argv[2]));
  Watch(poll, listener);
  Watch(poll, STDIN_FILENO);
  std::puts("listening");
  std::fflush(stdout);
  Counts counts;
  for (;;) {
    epoll_event events[kEventsAtOnce];
    const int count = epoll_wait(poll, events, kEventsAtOnce, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener)
        Accept(poll, listener, answers, counts);
      else if (fd != STDIN_FILENO)
        Answer(fd);
      else if (!ReadLine(counts))
        return 0;
    }
  }
}
