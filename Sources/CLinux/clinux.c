#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(int value) { return value < 0 ? -errno : value; }

int sy_epoll_create(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

int sy_epoll_set(int set, int descriptor, uint32_t events, int known) {
  struct epoll_event event = {.data.fd = descriptor};
  if (events & SY_READABLE) event.events |= EPOLLIN;
  if (events & SY_WRITABLE) event.events |= EPOLLOUT;
  return result(epoll_ctl(set, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event));
}

int sy_epoll_set_once(int set, int descriptor, int known) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = descriptor};
  return result(epoll_ctl(set, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event));
}

int sy_epoll_remove(int set, int descriptor) { return result(epoll_ctl(set, EPOLL_CTL_DEL, descriptor, NULL)); }

int sy_epoll_wait(int set, sy_ready *ready, int capacity, int timeout_ms) {
  struct epoll_event events[64];
  int count = epoll_wait(set, events, capacity < 64 ? capacity : 64, timeout_ms);
  for (int i = 0; i < count; i++) {
    ready[i].descriptor = events[i].data.fd;
    ready[i].events = ((events[i].events & (EPOLLIN | EPOLLRDHUP)) ? SY_READABLE : 0) |
                      ((events[i].events & EPOLLOUT) ? SY_WRITABLE : 0) |
                      ((events[i].events & (EPOLLERR | EPOLLHUP)) ? SY_FAILED : 0);
  }
  return result(count);
}

int sy_eventfd(void) { return result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

void sy_eventfd_signal(int descriptor) {
  uint64_t one = 1;
  while (write(descriptor, &one, sizeof one) < 0 && errno == EINTR) {}
}

// The head of the completion ring that the kernel maps into the process (fs/aio.c, struct aio_ring). Completions carry nothing that
// is needed here, so taking them is moving the head up to the tail; a kernel with another layout is asked by io_getevents.
struct ring { unsigned id, nr, head, tail, magic, compat, incompat, header_length; };
enum { RING_MAGIC = 0xa10a10a1 };

struct sy_poller { aio_context_t context; struct iocb request; };

sy_poller *sy_poller_create(int descriptor, int eventfd) {
  sy_poller *poller = calloc(1, sizeof *poller);
  if (!poller) return NULL;
  if (syscall(SYS_io_setup, 4, &poller->context) < 0) {
    int reason = errno;
    free(poller);
    errno = reason;
    return NULL;
  }
  poller->request = (struct iocb){
    .aio_lio_opcode = IOCB_CMD_POLL, .aio_fildes = (uint32_t)descriptor, .aio_buf = POLLIN,
    .aio_flags = IOCB_FLAG_RESFD, .aio_resfd = (uint32_t)eventfd,
  };
  return poller;
}

static void take_completions(sy_poller *poller) {
  struct ring *ring = (struct ring *)poller->context;
  if (ring->magic == RING_MAGIC && ring->incompat == 0) {
    __atomic_store_n(&ring->head, __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
    return;
  }
  struct io_event events[4];
  struct timespec { long seconds, nanoseconds; } none = {0, 0};
  syscall(SYS_io_getevents, poller->context, 0, 4, events, &none);
}

int sy_poller_arm(sy_poller *poller) {
  struct iocb *requests[] = {&poller->request};
  take_completions(poller);
  return syscall(SYS_io_submit, poller->context, 1, requests) < 0 ? -errno : 0;
}

void sy_poller_destroy(sy_poller *poller) {
  syscall(SYS_io_destroy, poller->context);
  free(poller);
}

// A listener's filter sees each segment from its TCP header on: byte 13 holds the flags, and SYN without ACK begins a handshake.
int sy_ignore_handshakes(int listener) {
  enum { FLAGS = 13, SYN = 0x02, ACK = 0x10 };
  struct sock_filter code[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SYN | ACK),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYN, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, 0),
    BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
  return result(setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

// The kernel tells a listener's queue in the field that has a connection's segments in flight.
int sy_waiting_connections(int listener) {
  struct tcp_info info = {0};
  socklen_t size = sizeof info;
  int done = getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size);
  return done < 0 ? -errno : (int)info.tcpi_unacked;
}

int sy_set_tcp_option(int descriptor, int option, int value) {
  return result(setsockopt(descriptor, IPPROTO_TCP, option, &value, sizeof value));
}
