#pragma once

/// Two files or folders change places in one step (`renameat2`). 0, or -1 and errno: EINVAL or ENOSYS where the file system or
/// the kernel cannot.
int cp_exchange(const char *one, const char *other);
