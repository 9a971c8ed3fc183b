#include "internal.h"

#include <sys/resource.h>

static int lower(int resource, uint64_t most) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return -1;
  if (limit.rlim_cur > most) limit.rlim_cur = most;
  if (limit.rlim_max > most) limit.rlim_max = most;
  return setrlimit(resource, &limit);
}

static int restrict_resources(const cf_limits *limits) {
  if (lower(RLIMIT_CORE, 0) != 0) return -1;
  if (limits->file_bytes && lower(RLIMIT_FSIZE, limits->file_bytes) != 0) return -1;
  if (limits->memory_bytes && lower(RLIMIT_DATA, limits->memory_bytes) != 0) return -1;
  return 0;
}

int cf_confine(const cf_place *places, size_t count, const cf_limits *limits, int wanted) {
  int holds = 0, network = 0;
  if (wanted & CF_LIMITS) {
    if (restrict_resources(limits) != 0) return -1;
    holds |= CF_LIMITS;
  }
  if ((wanted & CF_FILES) && cf_landlock_version() > 0) {
    if (cf_restrict_files(places, count, &network) != 0) return -1;
    holds |= CF_FILES | (network ? CF_NETWORK : 0);
  }
  if ((wanted & CF_SYSTEM_CALLS) && cf_has_seccomp()) { /* last: it takes away what the others need */
    if (cf_restrict_calls() != 0) return -1;
    holds |= CF_SYSTEM_CALLS;
  }
  return holds;
}
