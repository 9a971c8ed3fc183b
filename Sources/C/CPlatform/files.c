#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EXCHANGE = 1 << 1 };  // RENAME_EXCHANGE

int cp_exchange(const char *one, const char *other) {
  return (int)syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, EXCHANGE);
}

void cp_synchronize_file_system(int file) { syncfs(file); }
