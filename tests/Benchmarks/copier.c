// The yardstick: copies frames between two TAP devices with io_uring and does nothing else.
// usage: copier OFFLOAD(0|1) NETNS_A TAP_A NETNS_B TAP_B      build: gcc -O2 copier.c -luring
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BUFFERS = 256, READ_MULTISHOT = 49, OFFLOADS = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | 0x20 | 0x40 };

struct side { int fd; struct io_uring_buf_ring *ring; uint8_t *pool; int returned; };
static struct io_uring ring;
static struct side sides[2];
static size_t buffer_size;

static int open_tap(const char *netns, const char *name, int offload) {
    char path[128];
    snprintf(path, sizeof path, "/var/run/netns/%s", netns);
    int home = open("/proc/self/ns/net", O_RDONLY), away = open(path, O_RDONLY);
    if (away < 0 || setns(away, CLONE_NEWNET)) { perror(path); exit(1); }
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | (offload ? IFF_VNET_HDR : 0) };
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request)) { perror("TUNSETIFF"); exit(1); }
    int header = 12;
    if (offload && (ioctl(fd, TUNSETVNETHDRSZ, &header) || ioctl(fd, TUNSETOFFLOAD, OFFLOADS))) perror("offload");
    setns(home, CLONE_NEWNET);
    close(home);
    close(away);
    return fd;
}

static struct io_uring_sqe *next_sqe(void) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    if (!sqe) { io_uring_submit(&ring); sqe = io_uring_get_sqe(&ring); }
    return sqe;
}

static void arm(int i) {
    struct io_uring_sqe *sqe = next_sqe();
    io_uring_prep_rw(READ_MULTISHOT, sqe, sides[i].fd, NULL, 0, -1);
    sqe->flags = IOSQE_BUFFER_SELECT;
    sqe->buf_group = i;
    sqe->user_data = (uint64_t)i << 32 | 1u << 31;
}

static void give_back(int i, int id) {
    struct side *s = &sides[i];
    io_uring_buf_ring_add(s->ring, s->pool + id * buffer_size, buffer_size, id, BUFFERS - 1, s->returned++);
}

int main(int argc, char **argv) {
    if (argc != 6) { fprintf(stderr, "usage: tapcopy_uring 0|1 NETNS_A TAP_A NETNS_B TAP_B\n"); return 2; }
    int offload = atoi(argv[1]);
    buffer_size = offload ? 66048 : 2048;
    struct io_uring_params parameters = { .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE, .cq_entries = 4096 };
    if (io_uring_queue_init_params(1024, &ring, &parameters)) { perror("io_uring"); return 1; }
    for (int i = 0; i < 2; i++) {
        struct side *s = &sides[i];
        s->fd = open_tap(argv[2 + 2 * i], argv[3 + 2 * i], offload);
        if (posix_memalign((void **)&s->ring, 4096, BUFFERS * sizeof(struct io_uring_buf))) return 1;
        s->pool = malloc(BUFFERS * buffer_size);
        struct io_uring_buf_reg registration = { .ring_addr = (uint64_t)s->ring, .ring_entries = BUFFERS, .bgid = i };
        if (io_uring_register_buf_ring(&ring, &registration, 0)) { perror("buffer ring"); return 1; }
        io_uring_buf_ring_init(s->ring);
        for (int id = 0; id < BUFFERS; id++) give_back(i, id);
        io_uring_buf_ring_advance(s->ring, s->returned);
        s->returned = 0;
        arm(i);
    }
    fprintf(stderr, "ready\n");
    for (;;) {
        io_uring_submit_and_wait(&ring, 1);
        unsigned head, seen = 0;
        struct io_uring_cqe *cqe;
        io_uring_for_each_cqe(&ring, head, cqe) {
            seen++;
            int i = cqe->user_data >> 32;
            if (!(cqe->user_data & 1u << 31)) { give_back(i, cqe->user_data & 0xffff); continue; }   // a write is done
            if (cqe->res > 0) {
                int id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
                struct io_uring_sqe *sqe = next_sqe();
                io_uring_prep_write(sqe, sides[!i].fd, sides[i].pool + id * buffer_size, cqe->res, 0);
                sqe->user_data = (uint64_t)i << 32 | id;
            }
            if (!(cqe->flags & IORING_CQE_F_MORE)) arm(i);
        }
        io_uring_cq_advance(&ring, seen);
        for (int i = 0; i < 2; i++) if (sides[i].returned) { io_uring_buf_ring_advance(sides[i].ring, sides[i].returned); sides[i].returned = 0; }
    }
}
