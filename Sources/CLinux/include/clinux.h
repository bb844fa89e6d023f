// A typed door to the system calls that Swift can't spell: epoll's union, a socket's filter, and Linux AIO, which the C
// library doesn't wrap.
#pragma once

#include <stdint.h>

/// One ready descriptor.
typedef struct sy_ready {
  int32_t descriptor;
  uint32_t events;
} sy_ready;

enum { SY_READABLE = 1, SY_WRITABLE = 2, SY_FAILED = 4 };

/// A new epoll set, or -errno.
int sy_epoll_create(void);
/// Adds or changes a level-triggered watch; `events` of SY_READABLE and SY_WRITABLE. 0 or -errno.
int sy_epoll_set(int set, int descriptor, uint32_t events, int known);
/// Adds (`known` 0) or re-arms a watch that fires once. 0 or -errno.
int sy_epoll_set_once(int set, int descriptor, int known);
int sy_epoll_remove(int set, int descriptor);
/// Waits up to `timeout_ms` (-1: for ever) and fills `ready`; how many, or -errno.
int sy_epoll_wait(int set, sy_ready *ready, int capacity, int timeout_ms);

/// A new eventfd (close-on-exec, non-blocking), or -errno.
int sy_eventfd(void);
/// Adds one to an eventfd.
void sy_eventfd_signal(int descriptor);

/// A Linux AIO context used for one thing: to be told by an eventfd that a descriptor has become readable.
typedef struct sy_poller sy_poller;
/// NULL where the kernel or a seccomp filter refuses; errno says why.
sy_poller *sy_poller_create(int descriptor, int eventfd);
/// Asks for one signal when the descriptor is readable; at once if it is already. 0 or -errno.
int sy_poller_arm(sy_poller *poller);
void sy_poller_destroy(sy_poller *poller);

/// Of a listening socket: from now on handshakes that begin are dropped, those under way are finished. 0 or -errno.
int sy_ignore_handshakes(int listener);
/// Of a listening socket: connections that wait to be accepted; or -errno.
int sy_waiting_connections(int listener);

/// One record of a service: the lowest priority is asked first, those of the same in proportion to their weights.
typedef struct sy_service {
  uint16_t priority, weight, port;
  char host[256];
} sy_service;
/// The SRV records of `name`, as the system's resolver finds them, which may take it seconds. How many were written; -ENOENT where there
/// are none, -EAGAIN where nobody knows.
int sy_find_services(const char *name, sy_service *found, int capacity);

/// A TCP socket option; 0 or -errno.
int sy_set_tcp_option(int descriptor, int option, int value);
