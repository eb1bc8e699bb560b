// Shims of the steps' networks: threads in other namespaces, and what the kernel tells of addresses.
#define _GNU_SOURCE
#include "CLinux.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
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

/// A request of rtnetlink(7): a head of `head_size` bytes, then attributes.
struct route_request {
    struct nlmsghdr header;
    char body[256];
};

static struct route_request route_request(int type, const void *head, size_t head_size) {
    struct route_request request = {.header = {
        .nlmsg_len = NLMSG_LENGTH(head_size), .nlmsg_type = type,
        .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL}};
    memcpy(request.body, head, head_size);
    return request;
}

static void add_attribute(struct route_request *request, int type, const void *value, size_t size) {
    struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
    *attribute = (struct rtattr){.rta_len = RTA_LENGTH(size), .rta_type = type};
    memcpy(RTA_DATA(attribute), value, size);
    request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_LENGTH(size);
}

/// The kernel's answer: 0 or -errno.
static int ask_routes(int file, const struct route_request *request) {
    if (send(file, request, request->header.nlmsg_len, 0) < 0) return -errno;
    struct { struct nlmsghdr header; struct nlmsgerr error; char rest[512]; } answer;
    ssize_t count = recv(file, &answer, sizeof answer, 0);
    if (count < 0) return -errno;
    if ((size_t)count < NLMSG_LENGTH(sizeof answer.error) || answer.header.nlmsg_type != NLMSG_ERROR) return -EPROTO;
    return answer.error.error;
}

int linux_add_v6(
    const char *interface, const char *address, const char *destination, int destination_length, const char *gateway) {
    struct in6_addr own, far, way;
    if (inet_pton(AF_INET6, address, &own) != 1 || inet_pton(AF_INET6, destination, &far) != 1 ||
        inet_pton(AF_INET6, gateway, &way) != 1 || destination_length < 0 || destination_length > 128) return -EINVAL;
    unsigned index = if_nametoindex(interface);
    if (!index) return -errno;
    int file = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (file < 0) return -errno;
    // IFA_F_NODAD: nobody else is in this network, and the wait for an objection takes a second.
    struct ifaddrmsg owned = {
        .ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_flags = IFA_F_NODAD, .ifa_index = index};
    struct route_request request = route_request(RTM_NEWADDR, &owned, sizeof owned);
    add_attribute(&request, IFA_ADDRESS, &own, sizeof own);
    int code = ask_routes(file, &request);
    if (code >= 0) {
        struct rtmsg route = {
            .rtm_family = AF_INET6, .rtm_dst_len = destination_length, .rtm_table = RT_TABLE_MAIN,
            .rtm_protocol = RTPROT_STATIC, .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNICAST};
        request = route_request(RTM_NEWROUTE, &route, sizeof route);
        add_attribute(&request, RTA_DST, &far, sizeof far);
        add_attribute(&request, RTA_GATEWAY, &way, sizeof way);
        add_attribute(&request, RTA_OIF, &index, sizeof index);
        code = ask_routes(file, &request);
    }
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
