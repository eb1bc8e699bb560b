// Shims of the sandbox: binds made from descriptors, and children that start with nothing but three descriptors.
#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static int result(long code) { return code < 0 ? -errno : (int)code; }

int linux_bind(int source, const char *target, int read_only) {
    int tree = open_tree(source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    if (tree < 0) return -errno;
    int code = 0;
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    if (read_only && mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes)) code = -errno;
    if (!code && move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH)) code = -errno;
    close(tree);
    return code;
}

int linux_mount(const char *type, const char *target, unsigned long flags, const char *options) {
    return result(mount(type, target, type, flags, options));
}

int linux_detach(const char *target) { return result(umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW)); }

int64_t linux_filesystem_magic(const char *path) {
    struct statfs status;
    return statfs(path, &status) ? -errno : (int64_t)(uint32_t)status.f_type;
}

int linux_spawn(const char *path, char *const arguments[], char *const environment[], int input, int output,
                int error) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    if (input < 0) posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    else posix_spawn_file_actions_adddup2(&actions, input, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, error, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    // A ctrl-C on the terminal is for weft alone: it ends its steps itself.
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    pid_t child = 0;
    int code = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code ? -code : (int)child;
}

int linux_pidfd(int process) { return result(syscall(SYS_pidfd_open, process, 0)); }

int linux_wait(int process) {
    int status = 0;
    pid_t code;
    do code = waitpid(process, &status, 0);
    while (code < 0 && errno == EINTR);
    if (code < 0) return -errno;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int linux_eventfd(void) { return result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int linux_pipe(int ends[2]) { return result(pipe2(ends, O_CLOEXEC)); }

int linux_wait_readable(const int *descriptors, int count, int milliseconds) {
    struct pollfd waited[8];
    if (count > 8) return -EINVAL;
    for (int i = 0; i < count; i++) waited[i] = (struct pollfd){.fd = descriptors[i], .events = POLLIN};
    int code = poll(waited, count, milliseconds);
    if (code < 0) return errno == EINTR ? 0 : -errno;
    int ready = 0;
    for (int i = 0; i < count; i++)
        if (waited[i].revents) ready |= 1 << i;
    return ready;
}

int linux_thread(void *(*body)(void *), void *context) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    int code = pthread_create(&thread, &attributes, body, context);
    pthread_attr_destroy(&attributes);
    return -code;
}

int linux_clone_file(int source, int target) { return result(ioctl(target, FICLONE, source)); }

int64_t linux_copy_range(int source, int target, uint64_t count) {
    ssize_t copied = copy_file_range(source, NULL, target, NULL, count, 0);
    return copied < 0 ? -errno : copied;
}

ssize_t linux_attribute_names(int file, char *list, size_t count) { return flistxattr(file, list, count); }

ssize_t linux_attribute(int file, const char *name, void *value, size_t count) {
    return fgetxattr(file, name, value, count);
}

int linux_set_attribute(int file, const char *name, const void *value, size_t count) {
    return result(fsetxattr(file, name, value, count, 0));
}

int linux_disable_devices(const char *mount_point) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_NODEV};
    return result(mount_setattr(AT_FDCWD, mount_point, AT_SYMLINK_NOFOLLOW, &attributes, sizeof attributes));
}

int linux_may_raise_limits(void) {
    // CAP_SYS_RESOURCE among the effective capabilities (capget(2), version 3).
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data)) return -errno;
    return (data[0].effective >> CAP_SYS_RESOURCE) & 1;
}

static int configure_layers(int fs, const char *const *lower, int count, const char *upper, const char *work) {
    for (int i = 0; i < count; i++)
        if (fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir+", lower[i], 0)) return -errno;
    // A layer must stand alone: no redirects into, and no metadata-only copies of, what lies below.
    if (fsconfig(fs, FSCONFIG_SET_STRING, "redirect_dir", upper ? "off" : "nofollow", 0)) return -errno;
    if (fsconfig(fs, FSCONFIG_SET_STRING, "metacopy", "off", 0)) return -errno;
    if (upper) {
        if (fsconfig(fs, FSCONFIG_SET_STRING, "upperdir", upper, 0)) return -errno;
        if (fsconfig(fs, FSCONFIG_SET_STRING, "workdir", work, 0)) return -errno;
        if (fsconfig(fs, FSCONFIG_SET_STRING, "index", "off", 0)) return -errno;
        // Without it the unmount syncs the whole file system that holds `upper`.
        if (fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0)) return -errno;
    }
    return result(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
}

int linux_mount_layers(const char *const *lower, int count, const char *upper, const char *work, const char *target) {
    int fs = fsopen("overlay", FSOPEN_CLOEXEC);
    if (fs < 0) return -errno;
    int code = configure_layers(fs, lower, count, upper, work);
    int mounted = code < 0 ? -1 : fsmount(fs, FSMOUNT_CLOEXEC, 0);
    if (code >= 0) code = result(mounted);
    if (mounted >= 0) {
        code = result(move_mount(mounted, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH));
        close(mounted);
    }
    close(fs);
    return code;
}

int linux_cgroup_tree(const char *const *controllers, int count) {
    int fs = fsopen("cgroup", FSOPEN_CLOEXEC);
    if (fs < 0) return -errno;
    int code = 0;
    for (int i = 0; i < count && !code; i++)
        if (fsconfig(fs, FSCONFIG_SET_FLAG, controllers[i], NULL, 0)) code = -errno;
    if (!code && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) code = -errno;
    if (!code) code = result(fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
    close(fs);
    return code;
}
