// Shims of the steps' networks: threads in other namespaces, and what the kernel tells of addresses.
#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int result(long code) { return code < 0 ? -errno : (int)code; }

int linux_new_process_namespace(void) { return result(unshare(CLONE_NEWPID)); }

int linux_enter_network(int namespace) { return result(setns(namespace, CLONE_NEWNET)); }

int linux_address_watch(void) {
    int file = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (file < 0) return -errno;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    int code = result(bind(file, (struct sockaddr *)&address, sizeof address));
    if (code >= 0) return file;
    close(file);
    return code;
}

void linux_skip_messages(int watch) {
    char buffer[16 << 10];
    // ENOBUFS tells of lost messages, and of nothing else.
    while (recv(watch, buffer, sizeof buffer, 0) > 0 || errno == ENOBUFS || errno == EINTR) {}
}

int linux_wait_readable_many(const int *descriptors, unsigned char *ready, int count, int milliseconds) {
    struct pollfd *waited = calloc(count ? count : 1, sizeof *waited);
    if (!waited) return -ENOMEM;
    for (int i = 0; i < count; i++) waited[i] = (struct pollfd){.fd = descriptors[i], .events = POLLIN};
    int code = result(poll(waited, count, milliseconds));
    if (code == -EINTR) code = 0;
    for (int i = 0; i < count; i++) ready[i] = code > 0 && waited[i].revents != 0;
    free(waited);
    return code;
}

int linux_no_wait_writes(int file) {
    int flags = fcntl(file, F_GETFL);
    return flags < 0 ? -errno : result(fcntl(file, F_SETFL, flags | O_NONBLOCK));
}
