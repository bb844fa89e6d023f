// Services by name: the C library resolves addresses and has no call for SRV records but the resolver's own.
#include "clinux.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_ANSWER = 65535, FIXED_PART = 6 };

// Fills one service; 0 where the record makes no sense.
static int read_service(const ns_msg *message, const ns_rr *record, sy_service *service) {
  const unsigned char *data = ns_rr_rdata(*record);
  if (ns_rr_type(*record) != ns_t_srv || ns_rr_rdlen(*record) <= FIXED_PART) return 0;
  service->priority = (uint16_t)ns_get16(data);
  service->weight = (uint16_t)ns_get16(data + 2);
  service->port = (uint16_t)ns_get16(data + 4);
  int size = dn_expand(ns_msg_base(*message), ns_msg_end(*message), data + FIXED_PART, service->host, sizeof service->host);
  // A host of "." says that there is no such service here.
  return size > 0 && service->host[0] != 0 && strcmp(service->host, ".") != 0;
}

static int read_services(const unsigned char *answer, int size, sy_service *found, int capacity) {
  ns_msg message;
  if (ns_initparse(answer, size, &message) < 0) return -EAGAIN;
  int count = 0;
  for (int i = 0; i < ns_msg_count(message, ns_s_an) && count < capacity; i++) {
    ns_rr record;
    if (ns_parserr(&message, ns_s_an, i, &record) < 0) return -EAGAIN;
    count += read_service(&message, &record, &found[count]);
  }
  return count > 0 ? count : -ENOENT;
}

int sy_find_services(const char *name, sy_service *found, int capacity) {
  struct __res_state resolver;
  memset(&resolver, 0, sizeof resolver);
  unsigned char *answer = malloc(LARGEST_ANSWER);
  if (!answer || res_ninit(&resolver) < 0) {
    free(answer);
    return -EAGAIN;
  }
  int size = res_nsearch(&resolver, name, ns_c_in, ns_t_srv, answer, LARGEST_ANSWER);
  int why = resolver.res_h_errno;
  res_nclose(&resolver);
  int result = size >= 0                                        ? read_services(answer, size, found, capacity)
               : why == HOST_NOT_FOUND || why == NO_DATA ? -ENOENT
                                                               : -EAGAIN;
  free(answer);
  return result;
}
