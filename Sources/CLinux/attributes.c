// Extended attributes by descriptor: <sys/xattr.h> is not in Swift's Glibc.
#include "CLinux.h"
#include <errno.h>
#include <sys/xattr.h>

static ssize_t result(ssize_t count) { return count < 0 ? -errno : count; }

ssize_t linux_fgetxattr(int file, const char *name, void *value, size_t size) {
    return result(fgetxattr(file, name, value, size));
}

ssize_t linux_fsetxattr(int file, const char *name, const void *value, size_t size) {
    return result(fsetxattr(file, name, value, size, 0));
}

ssize_t linux_flistxattr(int file, char *names, size_t size) { return result(flistxattr(file, names, size)); }

int linux_fremovexattr(int file, const char *name) { return fremovexattr(file, name) ? -errno : 0; }
