// The least that sits between two TAPs: it sleeps in epoll, and copies each frame that comes to the other side, super-frames whole.
// usage (root): sleeping-copier NETNS_A TAP_A NETNS_B TAP_B        build: gcc -O2 sleeping-copier.c
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { HEADER = 12, LARGEST = 66048, BATCH = 64 };

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void enter(const char *netns) {
    char path[256];
    snprintf(path, sizeof path, "/run/netns/%s", netns);
    int place = open(path, O_RDONLY | O_CLOEXEC);
    if (place < 0 || setns(place, CLONE_NEWNET) < 0)
        fail(path);
    close(place);
}

static int tap(const char *netns, const char *name) {
    enter(netns);
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), header = HEADER;
    struct ifreq wanted = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    snprintf(wanted.ifr_name, sizeof wanted.ifr_name, "%s", name);
    if (device < 0 || ioctl(device, TUNSETIFF, &wanted) < 0 || ioctl(device, TUNSETVNETHDRSZ, &header) < 0)
        fail(name);
    if (ioctl(device, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0)
        fail("offloads");
    return device;
}

int main(int count, char **words) {
    if (count != 5) {
        fprintf(stderr, "usage: sleeping-copier NETNS_A TAP_A NETNS_B TAP_B\n");
        return 2;
    }
    static char frame[LARGEST];
    int sides[2] = {tap(words[1], words[2]), tap(words[3], words[4])}, events = epoll_create1(EPOLL_CLOEXEC);
    for (int side = 0; side < 2; side++) {
        struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = side};
        if (epoll_ctl(events, EPOLL_CTL_ADD, sides[side], &wanted) < 0)
            fail("epoll");
    }
    for (;;) {
        struct epoll_event came[2];
        int ready = epoll_wait(events, came, 2, -1);
        for (int i = 0; i < ready; i++) {
            int from = came[i].data.u32;
            for (int n = 0; n < BATCH; n++) {
                ssize_t length = read(sides[from], frame, sizeof frame);
                if (length <= 0 || (write(sides[!from], frame, length) < 0 && errno == EBADFD))
                    break;
            }
        }
    }
}
