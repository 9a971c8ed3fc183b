#pragma once
/*
 * What is used of ZeroMQ's C interface. The library is opened when a kernel starts: a program that starts in
 * milliseconds does not load it for what most runs never do.
 */
#include <stddef.h>

/* Socket types; the first three are the kernel's, the others a client's. */
enum { CZ_ROUTER = 6, CZ_XPUB = 9, CZ_REP = 4, CZ_DEALER = 5, CZ_SUB = 2, CZ_REQ = 3 };

typedef struct cz_context cz_context;
typedef struct cz_socket cz_socket;

/* 0 where libzmq is not installed. */
int cz_version(int version[3]);
/* NULL where libzmq is not installed. */
cz_context *cz_open(void);
/* Ends all that waits on sockets of other threads; they answer with CZ_ENDED. */
void cz_shutdown(cz_context *context);
/* Sends what is still on its way (a second at most) once all sockets are closed. */
void cz_end(cz_context *context);

/* NULL where the address cannot be had. */
cz_socket *cz_bind(cz_context *context, int type, const char *address);
/* `identity`: what a router on the other side calls this socket; NULL leaves it to the router. */
cz_socket *cz_connect(cz_context *context, int type, const char *address, const char *identity);
void cz_close(cz_socket *socket);

/* One frame: the number of bytes, or one of the codes below. `more` says whether the message goes on. */
enum { CZ_ENDED = -1, CZ_FAILED = -2, CZ_NOTHING = -3 };
typedef struct { void *parts[8]; } cz_frame;
long cz_receive(cz_socket *socket, cz_frame *frame, const void **bytes, int *more, int waits);
void cz_release(cz_frame *frame);
int cz_send(cz_socket *socket, const void *bytes, size_t count, int more);

/* Waits for input: 1, 0 after `milliseconds` (-1: for ever), or CZ_ENDED or CZ_FAILED. */
int cz_wait(cz_socket *socket, long milliseconds);

/* Echoes whatever comes, until the context is shut down. */
void cz_echo(cz_socket *socket);
