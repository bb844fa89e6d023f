// A typed door to libcurl: its setters and getters are variadic in C, which Swift can't call. One function per argument type, no logic.
#pragma once

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>

static inline CURLcode sy_easy_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode sy_easy_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode sy_easy_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode sy_easy_set_pointer(CURL *easy, CURLoption option, const void *value) {
  return curl_easy_setopt(easy, option, value);
}

/// CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
typedef size_t (*sy_write_callback)(char *data, size_t size, size_t count, void *context);
static inline CURLcode sy_easy_set_write_callback(CURL *easy, CURLoption option, sy_write_callback callback) {
  return curl_easy_setopt(easy, option, callback);
}

typedef curl_socket_t (*sy_open_callback)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
static inline CURLcode sy_easy_set_open_callback(CURL *easy, sy_open_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}

typedef int (*sy_close_callback)(void *context, curl_socket_t socket);
static inline CURLcode sy_easy_set_close_callback(CURL *easy, sy_close_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, callback);
}

typedef int (*sy_prerequest_callback)(void *context, char *remote_ip, char *local_ip, int remote_port, int local_port);
static inline CURLcode sy_easy_set_prerequest_callback(CURL *easy, sy_prerequest_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}

static inline CURLcode sy_easy_get_pointer(CURL *easy, CURLINFO info, void *value) {
  return curl_easy_getinfo(easy, info, (void **)value);
}

static inline CURLcode sy_easy_get_socket(CURL *easy, CURLINFO info, curl_socket_t *value) {
  return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode sy_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode sy_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
  return curl_multi_setopt(multi, option, value);
}

typedef int (*sy_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context);
static inline CURLMcode sy_multi_set_socket_callback(CURLM *multi, sy_socket_callback callback) {
  return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}

typedef int (*sy_timer_callback)(CURLM *multi, long timeout_ms, void *context);
static inline CURLMcode sy_multi_set_timer_callback(CURLM *multi, sy_timer_callback callback) {
  return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}

/// A CURLMsg without its union: the easy handle that is done and its result. 0: the queue is empty.
static inline int sy_multi_next_done(CURLM *multi, CURL **easy, CURLcode *result) {
  int left = 0;
  for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));)
    if (message->msg == CURLMSG_DONE) {
      *easy = message->easy_handle;
      *result = message->data.result;
      return 1;
    }
  return 0;
}
