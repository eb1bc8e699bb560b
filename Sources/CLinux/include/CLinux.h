// Linux calls that Swift's Glibc does not show. Each returns >= 0, or -errno.
#pragma once
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/types.h>

/// openat2(2); glibc has no wrapper for it.
int linux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

/// Gives the calling thread, and all it starts from now on, its own mount namespace: mounts made here do not reach
/// the host, the host's go on to arrive here.
int linux_unshare_mounts(void);

/// Number of threads of this process.
int linux_thread_count(void);

/// mknod(2) relative to a directory, with the device number given in parts.
int linux_mknodat(int directory, const char *path, uint32_t mode, uint32_t major, uint32_t minor);

/// syncfs(2): all that was written to the file system of `file`.
int linux_sync_filesystem(int file);

/// getdents64(2): bytes of `linux_dirent64` records (inode 8, offset 8, length 2, kind 1, name and a zero byte), 0 at the
/// end.
ssize_t linux_folder_entries(int folder, void *buffer, size_t count);

/// preadv2(2) with RWF_NOWAIT at the file's offset: what is in memory of it; -EAGAIN when nothing is.
ssize_t linux_read_cached(int file, void *buffer, size_t count);

/// The magic number of the file system that holds `file` (fstatfs(2)).
int64_t linux_filesystem_magic_of(int file);

uint32_t linux_major(uint64_t device);
uint32_t linux_minor(uint64_t device);

/// memfd_create(2), close-on-exec unless `inherit`.
int linux_memfd(const char *name, int inherit);

// For the sandbox.

/// Mounts the file or directory that `source` is open on at `target`, without what is mounted below it; resolves no
/// path of the source again (open_tree(2)).
int linux_bind(int source, const char *target, int read_only);

/// mount(2) of a file system without a device.
int linux_mount(const char *type, const char *target, unsigned long flags, const char *options);

/// umount2(2), lazily, and without following a link.
int linux_detach(const char *target);

/// The file system's magic number (statfs(2)).
int64_t linux_filesystem_magic(const char *path);

/// Starts a program in a process group of its own with `input` (or /dev/null when it is negative), the two outputs, and
/// no other descriptor; every signal in its default state. Gives the process id.
int linux_spawn(const char *path, char *const arguments[], char *const environment[], int input, int output,
                int error);

/// The same with both outputs in one, for a program that must not outlive us: the kernel kills it when the calling thread
/// ends, however that happens (PR_SET_PDEATHSIG). So the thread that starts it has to live as long as it shall run.
int linux_spawn_bound(const char *path, char *const arguments[], char *const environment[], int output);

/// pidfd_open(2); the descriptor is readable when the process has ended, and close-on-exec.
int linux_pidfd(int process);

/// Reaps a child: its exit code, or 128 + the signal that ended it.
int linux_wait(int process);

/// eventfd(2), non-blocking and close-on-exec.
int linux_eventfd(void);

/// pipe2(2), close-on-exec.
int linux_pipe(int ends[2]);

/// poll(2) for reading over at most 8 descriptors (negative ones are skipped): a bit for each that is ready or hung up;
/// 0 at the time limit or when interrupted. A negative limit waits forever.
int linux_wait_readable(const int *descriptors, int count, int milliseconds);

/// A detached thread.
int linux_thread(void *(*body)(void *), void *context);

/// Makes `target` share all blocks of `source` (FICLONE).
int linux_clone_file(int source, int target);

/// copy_file_range(2) at both files' offsets: the bytes copied, 0 at the end.
int64_t linux_copy_range(int source, int target, uint64_t count);

/// fgetxattr(2), fsetxattr(2), flistxattr(2) and fremovexattr(2) (attributes.c).
ssize_t linux_fgetxattr(int file, const char *name, void *value, size_t size);
ssize_t linux_fsetxattr(int file, const char *name, const void *value, size_t size);
ssize_t linux_flistxattr(int file, char *names, size_t size);
int linux_fremovexattr(int file, const char *name);

/// flistxattr(2), fgetxattr(2): the size, or -1 without a reason.
ssize_t linux_attribute_names(int file, char *list, size_t count);
ssize_t linux_attribute(int file, const char *name, void *value, size_t count);

/// fsetxattr(2).
int linux_set_attribute(int file, const char *name, const void *value, size_t count);

/// Makes device files below a mount point unusable (mount_setattr(2) with nodev).
int linux_disable_devices(const char *mount_point);

/// 1 when this process may raise its hard limits, else 0.
int linux_may_raise_limits(void);

/// Mounts an overlay through the new mount API. `lower` holds `count` paths, top first; `upper` and `work` may be NULL
/// together for a read-only mount. What is written is never synced: a crash of the host may lose it, and `work` can't
/// be used again. No redirect_dir, no metacopy, no index.
int linux_mount_layers(const char *const *lower, int count, const char *upper, const char *work, const char *target);

/// A detached mount of the cgroup v1 tree that holds all of `controllers` and no other; for reading and writing below
/// the descriptor, which keeps it. Only for trees that exist: it would take the controllers from v2.
int linux_cgroup_tree(const char *const *controllers, int count);

// For the steps' networks (networks.c).

/// What the calling thread starts from now on lives in a new process namespace; the first of it is its init, and when
/// that ends the kernel kills the rest.
int linux_new_process_namespace(void);

/// setns(2): the calling thread's network.
int linux_enter_network(int namespace);

/// A netlink socket, non-blocking, of the calling thread's network: readable when an address came or went.
int linux_address_watch(void);
/// Gives `interface` of the calling thread's network the IPv6 address `address` (of a /64), which is used at once, and the
/// route to `destination` through `gateway`. -EINVAL for what is no address.
int linux_add_v6(
    const char *interface, const char *address, const char *destination, int destination_length, const char *gateway);

/// Reads away what an address watch has.
void linux_skip_messages(int watch);

/// poll(2) for reading: sets `ready` to 1 for each descriptor that is readable or hung up, and gives how many are.
int linux_wait_readable_many(const int *descriptors, unsigned char *ready, int count, int milliseconds);

/// Writes to this pipe fail with EAGAIN when it is full.
int linux_no_wait_writes(int file);

// For folders that are watched (folders.c).

/// inotify_init1(2): a descriptor, non-blocking, from which events are read (watch 4, mask 4, cookie 4, length 4, name and
/// zero bytes); watch -1 says that events were lost.
int linux_folder_watch(void);

/// inotify_add_watch(2): names that come to the folder, or go. Gives the number that its events bear.
int linux_watch_folder(int watch, const char *path);
