// Shims for watching folders: inotify(7).
#include "CLinux.h"
#include <errno.h>
#include <sys/inotify.h>

int linux_folder_watch(void) {
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return watch < 0 ? -errno : watch;
}

int linux_watch_folder(int watch, const char *path) {
    int folder = inotify_add_watch(watch, path, IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR);
    return folder < 0 ? -errno : folder;
}
