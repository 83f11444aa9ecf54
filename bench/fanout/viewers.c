/* Many viewers of one room in one process: the load of `make bench-fanout`, the same for every server.
 *
 *   viewers PORT VIEWERS RATE SECONDS
 *
 * Connects Socket.IO clients (Engine.IO 4 over WebSocket), joins all to one room and prints {"connect_s": …}. Then it
 * waits for a line on stdin. Twenty of them send RATE chat messages a second together, one sends two pins a second; each
 * carries its time in microseconds, so every viewer in the sample knows how old it is. After SECONDS and a drain
 * it prints one JSON object. Frames are masked with zeros: a valid mask that costs the client nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SENDERS = 20, SAMPLE = 200, IN_FLIGHT = 50, PINS_PER_S = 2 };
enum stage { OPENING, UPGRADING, GREETING, JOINED, GONE };

struct viewer { int fd, len, cap; enum stage stage; char *buf; };
struct times { uint32_t *at; size_t len, cap; };

static struct viewer *viewers;
static int total, joined, gone, queue;
static uint64_t chats_heard, pins_heard;
static struct times chat_times, pin_times;

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static void note(struct times *times, uint64_t age) {
    if (times->len == times->cap) {
        times->cap = times->cap ? times->cap * 2 : 4096;
        times->at = realloc(times->at, times->cap * sizeof *times->at);
        if (!times->at) exit(3);
    }
    times->at[times->len++] = age > UINT32_MAX ? UINT32_MAX : (uint32_t)age;
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double share_ms(struct times *times, double share) {
    if (!times->len) return -1;
    qsort(times->at, times->len, sizeof *times->at, by_size);
    size_t place = (size_t)(share * (double)times->len);
    return times->at[place < times->len ? place : times->len - 1] / 1000.0;
}

static void lose(struct viewer *v) {
    if (v->stage == GONE) return;
    if (v->stage == JOINED) joined--;
    v->stage = GONE;
    gone++;
    close(v->fd);
}

static void say(struct viewer *v, const char *text, size_t size) {
    char frame[1024];
    size_t head = size < 126 ? 2 : 4;
    frame[0] = (char)0x81;
    if (size < 126) {
        frame[1] = (char)(0x80 | size);
    } else {
        frame[1] = (char)(0x80 | 126);
        frame[2] = (char)(size >> 8);
        frame[3] = (char)size;
    }
    memset(frame + head, 0, 4);
    memcpy(frame + head + 4, text, size);
    if (write(v->fd, frame, head + 4 + size) < 0 && errno != EAGAIN) lose(v);
}

static void hear(struct viewer *v, const char *text, size_t size) {
    if (size && text[0] == '2') { say(v, "3", 1); return; }
    if (size && text[0] == '0') { say(v, "40", 2); return; }
    if (size > 1 && !memcmp(text, "40", 2)) {
        static const char join[] = "42[\"join\",\"room\"]";
        say(v, join, sizeof join - 1);
        v->stage = JOINED;
        joined++;
        return;
    }
    int is_pin = size > 6 && !memcmp(text, "42[\"pin", 7);
    const char *end = text + size, *at = text;
    uint64_t now = now_us();
    while ((at = memmem(at, (size_t)(end - at), "\"t\":", 4))) {  /* One per message; a batch holds many. */
        at += 4;
        if (is_pin) pins_heard++; else chats_heard++;
        if (v - viewers < SAMPLE) note(is_pin ? &pin_times : &chat_times, now - strtoull(at, NULL, 10));
    }
}

static void parse(struct viewer *v) {
    int start = 0;
    if (v->stage == UPGRADING) {
        char *end = memmem(v->buf, (size_t)v->len, "\r\n\r\n", 4);
        if (!end) return;
        if (memcmp(v->buf, "HTTP/1.1 101", 12)) { lose(v); return; }
        start = (int)(end - v->buf) + 4;
        v->stage = GREETING;
    }
    while (v->stage != GONE && v->len - start >= 2) {
        unsigned char *b = (unsigned char *)v->buf + start;
        uint64_t size = b[1] & 0x7f;
        int head = 2;
        if (size == 126) head = 4; else if (size == 127) head = 10;
        if (v->len - start < head) break;
        if (size == 126) size = (uint64_t)b[2] << 8 | b[3];
        else if (size == 127) for (size = 0, head = 2; head < 10; head++) size = size << 8 | b[head];
        if ((uint64_t)(v->len - start - head) < size) break;
        if ((b[0] & 0x0f) == 8) { lose(v); return; }
        if ((b[0] & 0x0f) == 1) hear(v, (char *)b + head, (size_t)size);
        start += head + (int)size;
    }
    memmove(v->buf, v->buf + start, (size_t)(v->len - start));
    v->len -= start;
}

static void read_all(struct viewer *v) {
    for (;;) {
        if (v->cap - v->len < 8192) {
            v->cap = v->cap ? v->cap * 2 : 16384;
            v->buf = realloc(v->buf, (size_t)v->cap);
            if (!v->buf) exit(3);
        }
        ssize_t got = read(v->fd, v->buf + v->len, (size_t)(v->cap - v->len));
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) { lose(v); return; }
        v->len += (int)got;
        parse(v);
        if (v->stage == GONE) return;
    }
}

static void start(struct viewer *v, int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    char line[256];
    v->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (v->fd < 0 || connect(v->fd, (struct sockaddr *)&to, sizeof to) < 0) { perror("connect"); exit(2); }
    setsockopt(v->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(v->fd, F_SETFL, O_NONBLOCK);
    int size = snprintf(line, sizeof line,
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", port);
    if (write(v->fd, line, (size_t)size) != size) { perror("write"); exit(2); }
    v->stage = UPGRADING;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = v};
    epoll_ctl(queue, EPOLL_CTL_ADD, v->fd, &event);
}

static void wait_events(int milliseconds) {
    struct epoll_event events[512];
    int count = epoll_wait(queue, events, 512, milliseconds);
    for (int i = 0; i < count; i++) {
        struct viewer *v = events[i].data.ptr;
        if (v->stage != GONE) read_all(v);
    }
}

static void tell(struct viewer *v, const char *name) {
    char text[512];
    if (v->stage != JOINED) return;
    int size = snprintf(text, sizeof text,
        "42[\"%s\",{\"room\":\"room\",\"t\":%llu,\"who\":\"Giulia\",\"text\":\"Is the white one true to size, and when would it be in Milan?\"}]",
        name, (unsigned long long)now_us());
    say(v, text, (size_t)size);
}

int main(int argc, char **argv) {
    if (argc != 5) { fprintf(stderr, "viewers PORT VIEWERS RATE SECONDS\n"); return 2; }
    int port = atoi(argv[1]), rate = atoi(argv[3]);
    double seconds = atof(argv[4]);
    total = atoi(argv[2]);
    viewers = calloc((size_t)total, sizeof *viewers);
    queue = epoll_create1(0);
    uint64_t began = now_us();
    for (int begun = 0; joined + gone < total;) {
        while (begun < total && begun - joined - gone < IN_FLIGHT) start(&viewers[begun++], port);
        wait_events(100);
        if (now_us() - began > 240000000u) break;
    }
    printf("{\"connect_s\": %.3f, \"joined\": %d}\n", (double)(now_us() - began) / 1e6, joined);
    fflush(stdout);
    if (getchar() == EOF) return 2;
    uint64_t from = now_us(), last = from + (uint64_t)(seconds * 1e6), chats = 0, pins = 0;
    int audience = joined;
    while (now_us() < last) {
        double past = (double)(now_us() - from) / 1e6;
        while ((double)chats < past * rate) { tell(&viewers[chats % SENDERS], "chat"); chats++; }
        while ((double)pins < past * PINS_PER_S) { tell(&viewers[SENDERS], "pin"); pins++; }
        wait_events(1);
    }
    for (uint64_t quiet = now_us() + 2000000; now_us() < quiet;) wait_events(20);
    printf("{\"chats\": %llu, \"pins\": %llu, \"heard\": %llu, \"pins_heard\": %llu, \"audience\": %d, \"gone\": %d, "
           "\"p50_ms\": %.1f, \"p99_ms\": %.1f, \"pin_p50_ms\": %.1f, \"pin_p99_ms\": %.1f}\n",
           (unsigned long long)chats, (unsigned long long)pins, (unsigned long long)chats_heard,
           (unsigned long long)pins_heard, audience, gone, share_ms(&chat_times, .5), share_ms(&chat_times, .99),
           share_ms(&pin_times, .5), share_ms(&pin_times, .99));
    return 0;
}
