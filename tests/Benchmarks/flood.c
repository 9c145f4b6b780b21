// Sends UDP datagrams, the echo requests of a scan or the SYNs of many hosts, as fast as it can or at a rate, in either family.
// usage (root): flood [-n FLOWS] [-r PPS] [-x | -s] DEVICE NEXT_HOP_MAC SOURCE DESTINATION PORT PAYLOAD_BYTES SECONDS
//   -n FLOWS   so many flows, interleaved: 100 source ports from each of FLOWS/100 consecutive source addresses
//   -r PPS     no more than so many a second, in bursts of at most 64
//   -x         a scan: ICMPv6 echo requests to addresses drawn at random from DESTINATION's /64, each from one of 65536 networks beside SOURCE's, so that no quota stops it
//   -s         TCP SYNs, from a million consecutive IPv4 addresses
// Prints how many a second were sent.   build: gcc -O2 flood.c
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, PORTS = 100, HOSTS = 1000000 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static unsigned sum16(const void *data, int bytes) {
    const unsigned char *p = data;
    unsigned sum = 0;
    for (int i = 0; i + 1 < bytes; i += 2) sum += p[i] << 8 | p[i + 1];
    return bytes & 1 ? sum + (p[bytes - 1] << 8) : sum;
}

static uint16_t fold(unsigned sum) {
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return htons(~sum & 0xffff);
}

// An address some places after another, of 4 or 16 bytes.
static void advance(unsigned char *address, int length, unsigned places) {
    for (int i = length - 1; i >= 0 && places; i--) { places += address[i]; address[i] = places; places >>= 8; }
}

int main(int argc, char **argv) {
    int flows = 1, scan = 0, syn = 0, option;
    double rate = 0;
    while ((option = getopt(argc, argv, "n:r:xs")) != -1)
        switch (option) {
            case 'n': flows = atoi(optarg); break;
            case 'r': rate = atof(optarg); break;
            case 'x': scan = 1; break;
            case 's': syn = 1; break;
            default: return 2;
        }
    argv += optind;
    if (argc - optind != 7) { fprintf(stderr, "usage: flood [-n FLOWS] [-r PPS] [-x | -s] DEVICE NEXT_HOP_MAC SOURCE DESTINATION PORT PAYLOAD_BYTES SECONDS\n"); return 2; }
    int six = strchr(argv[3], ':') != NULL, size = six ? 16 : 4, header = six ? 40 : 20, payload = atoi(argv[5]), upper = (syn ? 20 : 8) + payload, length = 14 + header + upper;
    unsigned char source[16], destination[16];
    if (inet_pton(six ? AF_INET6 : AF_INET, argv[2], source) != 1 || inet_pton(six ? AF_INET6 : AF_INET, argv[3], destination) != 1 || (scan && !six) || (syn && six)) {
        fprintf(stderr, "flood: both addresses are of one family, a scan's are IPv6, and SYNs' IPv4\n");
        return 2;
    }
    flows = flows < BATCH ? 1 : flows / BATCH * BATCH;
    int copies = flows < BATCH ? BATCH : flows, on = 1, buffer = 64 << 20;
    int s = socket(AF_PACKET, SOCK_RAW, 0);
    if (s < 0) { perror("socket"); return 1; }
    setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
    setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
    struct sockaddr_ll out = { .sll_family = AF_PACKET, .sll_protocol = htons(six ? ETH_P_IPV6 : ETH_P_IP), .sll_ifindex = if_nametoindex(argv[0]), .sll_halen = 6 };
    struct ifreq own = { 0 };
    strncpy(own.ifr_name, argv[0], IFNAMSIZ - 1);
    unsigned mac[6];
    if (ioctl(s, SIOCGIFHWADDR, &own) || sscanf(argv[1], "%x:%x:%x:%x:%x:%x", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6) { fprintf(stderr, "flood: no such device, or no MAC\n"); return 1; }

    unsigned char *frames = calloc(copies, length);
    struct iovec *io = calloc(copies, sizeof *io);
    struct mmsghdr *messages = calloc(copies, sizeof *messages);
    for (int i = 0; i < copies; i++) {
        int flow = i % flows;
        unsigned char *frame = frames + (size_t)i * length, *network = frame + 14, *transport = network + header, from[16];
        struct ethhdr *ether = (void *)frame;
        for (int b = 0; b < 6; b++) ether->h_dest[b] = mac[b];
        memcpy(ether->h_source, own.ifr_hwaddr.sa_data, 6);
        ether->h_proto = out.sll_protocol;
        memcpy(from, source, size);
        advance(from, size, flow / PORTS);
        if (six) {
            struct ip6_hdr *ip = (void *)network;
            ip->ip6_flow = htonl(6u << 28);
            ip->ip6_plen = htons(upper);
            ip->ip6_nxt = scan ? IPPROTO_ICMPV6 : IPPROTO_UDP;
            ip->ip6_hlim = 64;
            memcpy(&ip->ip6_src, from, 16);
            memcpy(&ip->ip6_dst, destination, 16);
        } else {
            struct iphdr *ip = (void *)network;
            *ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = syn ? IPPROTO_TCP : IPPROTO_UDP, .tot_len = htons(20 + upper), .frag_off = htons(0x4000) };
            memcpy(&ip->saddr, from, 4);
            memcpy(&ip->daddr, destination, 4);
            ip->check = fold(sum16(ip, 20));
        }
        unsigned pseudo = sum16(from, size) + sum16(destination, size) + upper;
        if (scan) {
            *(struct icmp6_hdr *)transport = (struct icmp6_hdr){ .icmp6_type = ICMP6_ECHO_REQUEST };
        } else if (syn) {
            struct tcphdr *tcp = (void *)transport;
            *tcp = (struct tcphdr){ .source = htons(40000), .dest = htons(atoi(argv[4])), .seq = htonl(1), .doff = 5, .syn = 1, .window = htons(65535) };
        } else {
            struct udphdr *udp = (void *)transport;
            *udp = (struct udphdr){ .source = htons(20000 + flow % PORTS), .dest = htons(atoi(argv[4])), .len = htons(8 + payload) };
            udp->check = fold(pseudo + IPPROTO_UDP + sum16(udp, 8 + payload));
        }
        io[i] = (struct iovec){ frame, length };
        messages[i].msg_hdr = (struct msghdr){ .msg_name = &out, .msg_namelen = sizeof out, .msg_iov = &io[i], .msg_iovlen = 1 };
    }

    uint64_t random = 0x9e3779b97f4a7c15;
    double start = now(), end = start + atof(argv[6]);
    unsigned long sent = 0;
    unsigned host = 0;
    for (int turn = 0; ; turn = (turn + BATCH) % copies) {
        double t = now();
        if (t >= end) break;
        int burst = BATCH;
        if (rate > 0) {
            double due = (t - start) * rate - sent;
            if (due < 1) { usleep(200); continue; }
            if (due < burst) burst = due;
        }
        if (syn)
            for (int i = turn; i < turn + burst; i++) {
                unsigned char *network = frames + (size_t)i * length + 14;
                struct iphdr *ip = (void *)network;
                struct tcphdr *tcp = (void *)(network + header);
                memcpy(&ip->saddr, source, 4);
                advance((unsigned char *)&ip->saddr, 4, host = (host + 1) % HOSTS);
                ip->check = 0;
                ip->check = fold(sum16(ip, 20));
                tcp->check = 0;
                tcp->check = fold(sum16(&ip->saddr, 8) + upper + IPPROTO_TCP + sum16(tcp, upper));
            }
        if (scan)
            for (int i = turn; i < turn + burst; i++) {
                unsigned char *network = frames + (size_t)i * length + 14;
                struct ip6_hdr *ip = (void *)network;
                struct icmp6_hdr *echo = (void *)(network + header);
                random ^= random << 13; random ^= random >> 7; random ^= random << 17;
                memcpy((unsigned char *)&ip->ip6_dst + 8, &random, 8);
                memcpy((unsigned char *)&ip->ip6_src + 6, &random, 2);
                echo->icmp6_cksum = 0;
                echo->icmp6_cksum = fold(sum16(&ip->ip6_src, 32) + 8 + payload + IPPROTO_ICMPV6 + sum16(echo, 8 + payload));
            }
        int n = sendmmsg(s, messages + turn, burst, 0);
        if (n > 0) sent += n;
    }
    printf("%.0f\n", sent / (now() - start));
}
