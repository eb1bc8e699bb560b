// Thin shims over system calls that Swift cannot import: no logic, errno as a negative result.
#define _GNU_SOURCE
#include "CLinux.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

static int result(long code) { return code < 0 ? -errno : (int)code; }

int linux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return result(syscall(SYS_openat2, directory, path, &how, sizeof how));
}

int linux_unshare_mounts(void) {
    if (unshare(CLONE_NEWNS)) return -errno;
    return result(mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL));
}

int linux_thread_count(void) {
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) return -errno;
    int count = 0;
    struct dirent *entry;
    while ((entry = readdir(tasks)))
        if (entry->d_name[0] != '.') count++;
    closedir(tasks);
    return count;
}

int linux_mknodat(int directory, const char *path, uint32_t mode, uint32_t major, uint32_t minor) {
    return result(mknodat(directory, path, mode, makedev(major, minor)));
}

int linux_sync_filesystem(int file) { return result(syncfs(file)); }

ssize_t linux_folder_entries(int folder, void *buffer, size_t count) {
    ssize_t bytes = getdents64(folder, buffer, count);
    return bytes < 0 ? -errno : bytes;
}

ssize_t linux_read_cached(int file, void *buffer, size_t count) {
    struct iovec piece = {.iov_base = buffer, .iov_len = count};
    ssize_t bytes = preadv2(file, &piece, 1, -1, RWF_NOWAIT);
    return bytes < 0 ? -errno : bytes;
}

int64_t linux_filesystem_magic_of(int file) {
    struct statfs status;
    return fstatfs(file, &status) ? -errno : (int64_t)(uint32_t)status.f_type;
}

uint32_t linux_major(uint64_t device) { return major(device); }
uint32_t linux_minor(uint64_t device) { return minor(device); }

int linux_memfd(const char *name, int inherit) { return result(memfd_create(name, inherit ? 0 : MFD_CLOEXEC)); }
