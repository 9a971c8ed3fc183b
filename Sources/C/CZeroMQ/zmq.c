#include "CZeroMQ.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <zmq.h>

_Static_assert(CZ_ROUTER == ZMQ_ROUTER && CZ_XPUB == ZMQ_XPUB && CZ_REP == ZMQ_REP, "ZeroMQ's socket types");
_Static_assert(CZ_DEALER == ZMQ_DEALER && CZ_SUB == ZMQ_SUB && CZ_REQ == ZMQ_REQ, "ZeroMQ's socket types");
_Static_assert(sizeof(cz_frame) == sizeof(zmq_msg_t), "a frame is ZeroMQ's message part");

/* Linked in the usual way, libzmq and the nineteen libraries behind it would cost every start 2.4 ms. */
#define FUNCTIONS(USE)                                                                                                  \
  USE(zmq_ctx_new) USE(zmq_ctx_shutdown) USE(zmq_ctx_term) USE(zmq_socket) USE(zmq_close) USE(zmq_setsockopt)          \
  USE(zmq_bind) USE(zmq_connect) USE(zmq_msg_init) USE(zmq_msg_recv) USE(zmq_msg_data) USE(zmq_msg_size)               \
  USE(zmq_msg_more) USE(zmq_msg_close) USE(zmq_send) USE(zmq_poll) USE(zmq_errno) USE(zmq_version)

static struct {
#define DECLARE(name) __typeof__(name) *name;
  FUNCTIONS(DECLARE)
  int is_open;
} zmq;

static void open_library(void) {
  void *library = dlopen("libzmq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
#define FIND(name) \
  if (!(zmq.name = (__typeof__(zmq.name))dlsym(library, #name))) return;
  FUNCTIONS(FIND)
  zmq.is_open = 1;
}

static int is_open(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return zmq.is_open;
}

int cz_version(int version[3]) {
  if (!is_open()) return 0;
  zmq.zmq_version(&version[0], &version[1], &version[2]);
  return 1;
}

cz_context *cz_open(void) { return is_open() ? zmq.zmq_ctx_new() : NULL; }

void cz_shutdown(cz_context *context) { zmq.zmq_ctx_shutdown(context); }

void cz_end(cz_context *context) { zmq.zmq_ctx_term(context); }

static void *open_socket(cz_context *context, int type) {
  void *socket = zmq.zmq_socket(context, type);
  int linger = 1000, handover = 1;
  if (!socket) return NULL;
  zmq.zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
  if (type == ZMQ_ROUTER) zmq.zmq_setsockopt(socket, ZMQ_ROUTER_HANDOVER, &handover, sizeof handover);
  if (type == ZMQ_SUB) zmq.zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
  return socket;
}

cz_socket *cz_bind(cz_context *context, int type, const char *address) {
  void *socket = open_socket(context, type);
  if (!socket || zmq.zmq_bind(socket, address) == 0) return socket;
  zmq.zmq_close(socket);
  return NULL;
}

cz_socket *cz_connect(cz_context *context, int type, const char *address, const char *identity) {
  void *socket = open_socket(context, type);
  if (socket && identity) zmq.zmq_setsockopt(socket, ZMQ_ROUTING_ID, identity, strlen(identity));
  if (!socket || zmq.zmq_connect(socket, address) == 0) return socket;
  zmq.zmq_close(socket);
  return NULL;
}

void cz_close(cz_socket *socket) { zmq.zmq_close(socket); }

static int failure(void) {
  int error = zmq.zmq_errno();
  return error == ETERM ? CZ_ENDED : error == EAGAIN || error == EINTR ? CZ_NOTHING : CZ_FAILED;
}

long cz_receive(cz_socket *socket, cz_frame *frame, const void **bytes, int *more, int waits) {
  zmq_msg_t *message = (zmq_msg_t *)frame;
  zmq.zmq_msg_init(message);
  int count;
  do count = zmq.zmq_msg_recv(message, socket, waits ? 0 : ZMQ_DONTWAIT);
  while (count < 0 && zmq.zmq_errno() == EINTR);
  if (count < 0) {
    int why = failure();
    zmq.zmq_msg_close(message);
    return why;
  }
  *bytes = zmq.zmq_msg_data(message);
  *more = zmq.zmq_msg_more(message);
  return (long)zmq.zmq_msg_size(message);
}

void cz_release(cz_frame *frame) { zmq.zmq_msg_close((zmq_msg_t *)frame); }

int cz_send(cz_socket *socket, const void *bytes, size_t count, int more) {
  int sent;
  do sent = zmq.zmq_send(socket, bytes, count, more ? ZMQ_SNDMORE : 0);
  while (sent < 0 && zmq.zmq_errno() == EINTR);
  return sent < 0 ? failure() : 0;
}

int cz_wait(cz_socket *socket, long milliseconds) {
  zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
  int ready = zmq.zmq_poll(&item, 1, milliseconds);
  if (ready >= 0) return ready;
  int why = failure();
  return why == CZ_NOTHING ? 0 : why;
}

void cz_echo(cz_socket *socket) {
  for (;;) {
    cz_frame frame;
    const void *bytes;
    int more;
    long count = cz_receive(socket, &frame, &bytes, &more, 1);
    if (count == CZ_NOTHING) continue;
    if (count < 0) break;
    cz_send(socket, bytes, (size_t)count, more);
    cz_release(&frame);
  }
  zmq.zmq_close(socket);
}
