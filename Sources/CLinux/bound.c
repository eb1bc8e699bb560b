// Programs that must not outlive whoever started them.
#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// Between fork and exec only calls that are safe after the fork of a program with threads (signal-safety(7)).
static void become(const char *path, char *const arguments[], char *const environment[], int output, pid_t parent,
                   int failure) {
    int code = 0;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL)) code = errno;
    // Who started us may have ended before the line above.
    if (!code && getppid() != parent) code = ESRCH;
    struct sigaction none = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &none, NULL);
    // A ctrl-C on the terminal is for the parent alone.
    setpgid(0, 0);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (!code && (nothing < 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)) code = errno;
    if (!code && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC)) code = errno;
    sigset_t all;
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    if (!code) {
        execve(path, arguments, environment);
        code = errno;
    }
    ssize_t written = write(failure, &code, sizeof code);
    (void)written;
    _exit(127);
}

int linux_spawn_bound(const char *path, char *const arguments[], char *const environment[], int output) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) return -errno;
    pid_t parent = getpid();
    sigset_t all, before;
    sigfillset(&all);
    // No handler of ours may run in the child.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = fork();
    int code = child < 0 ? errno : 0;
    if (child == 0) become(path, arguments, environment, output, parent, ends[1]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    ssize_t count = 0;
    // Nothing comes when the program was started: exec closes the other end.
    while (!code && (count = read(ends[0], &code, sizeof code)) < 0 && errno == EINTR) {}
    close(ends[0]);
    if (child < 0) return -code;
    if (count == sizeof code) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        return -code;
    }
    return (int)child;
}
