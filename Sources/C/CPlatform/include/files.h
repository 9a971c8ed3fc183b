#pragma once

/// Two files or folders change places in one step (`renameat2`). 0, or -1 and errno: EINVAL or ENOSYS where the file system or
/// the kernel cannot.
int cp_exchange(const char *one, const char *other);

/// Has everything that was written to the file system on which `file` lies put on the disk, in one go: cheaper than file by file.
void cp_synchronize_file_system(int file);
