/* The traffic of many synthetic browsers: two threads, one that sends ready RTP packets when they are due, and one that
 * receives, decrypts and counts. Python does the rest (ICE, DTLS, SDP): datagrams that are neither RTP nor RTCP are
 * handed to it through `control_fd`, with the number of their leg in front.
 *
 * SRTP is done by the library that did the DTLS handshake, through pointers to its functions, so that nothing of it is
 * written here. Only the sender touches a leg's `tx` session and only the receiver its `rx` session.
 *
 * Every packet ends in a stamp, so that the way through the server can be measured. A packet's arrival is the kernel's
 * own time stamp, taken while the server is sending it: the clients' scheduling is not in it. So the receiver may look
 * once in a tick instead of being woken by each packet, which on one machine is work of the process that sends it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define MAX_LEGS 1024
#define MAX_STREAMS 2048
#define MAX_INCOMING 4
#define BATCH 32
#define DATAGRAM 1600
#define TICK_NS 1000000
#define HISTOGRAM 200000 /* one count per microsecond; later ones are in the last */
#define SECOND_NS 1000000000LL
#define STAMP_MAGIC "LATSTAMP"
#define STAMP_BYTES 16
#define SR 200
#define RR 201
#define SDES 202

typedef int (*srtp_call)(void *session, void *packet, int *length);

struct srtp_calls {
  srtp_call protect, unprotect, protect_rtcp, unprotect_rtcp;
};

struct packet {
  const uint8_t *payload;
  uint32_t size, due_us, timestamp, marker;
};

/* A piece of sound or picture that is sent again and again. */
struct clip {
  const struct packet *packets;
  uint32_t count, loop_us, loop_ticks;
};

/* What one leg hears of one stream, for its reports. */
struct incoming {
  uint32_t ssrc, highest, last_report; /* the sequence number with its cycles; the middle bits of the sender's clock */
  int64_t last_report_ns;
  uint8_t payload_type;
};

struct leg {
  int fd;
  void *rx, *tx;
  struct incoming incoming[MAX_INCOMING];
};

struct stream {
  struct leg *leg;
  struct clip clip;
  uint32_t ssrc, first_timestamp, timestamp, sent, octets, next, loops;
  uint16_t sequence;
  uint8_t payload_type, stamped, extension_size, extension[32];
  int64_t start_ns, report_ns;
};

struct result {
  uint64_t sent, stamped, arrived, unauthentic;
  uint32_t latency_us[HISTOGRAM], late_us[HISTOGRAM];
};

struct engine {
  int epoll, control_fd;
  volatile int stop;
  struct srtp_calls srtp;
  struct leg legs[MAX_LEGS];
  struct stream streams[MAX_STREAMS];
  int leg_count;
  volatile int stream_count;
  volatile int64_t from_ns, until_ns; /* the window of the measurement, on the clock of the stamps */
  struct result result;
  pthread_t sender, receiver;
};

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void put16(uint8_t *at, uint16_t value) { value = htons(value), memcpy(at, &value, 2); }
static void put32(uint8_t *at, uint32_t value) { value = htonl(value), memcpy(at, &value, 4); }

static uint32_t get32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return ntohl(value);
}

static void count(uint32_t *histogram, int64_t ns) {
  int64_t us = ns < 0 ? 0 : ns / 1000;
  histogram[us < HISTOGRAM ? us : HISTOGRAM - 1]++;
}

/* ---- sending ---- */

static void send_media(struct engine *e, struct stream *s, const struct packet *p) {
  uint8_t b[DATAGRAM];
  int size = 12;
  s->timestamp = s->first_timestamp + s->loops * s->clip.loop_ticks + p->timestamp;
  b[0] = s->extension_size ? 0x90 : 0x80;
  b[1] = (p->marker ? 0x80 : 0) | s->payload_type;
  put16(b + 2, s->sequence++);
  put32(b + 4, s->timestamp);
  put32(b + 8, s->ssrc);
  memcpy(b + size, s->extension, s->extension_size), size += s->extension_size;
  memcpy(b + size, p->payload, p->size), size += p->size;
  int64_t now = now_ns();
  if (s->stamped) {
    memcpy(b + size, STAMP_MAGIC, 8), memcpy(b + size + 8, &now, 8);
    size += STAMP_BYTES;
  }
  if (e->srtp.protect(s->leg->tx, b, &size) || send(s->leg->fd, b, size, MSG_DONTWAIT) < 0) return;
  s->sent++, s->octets += p->size;
  if (now >= e->from_ns && now < e->until_ns) e->result.sent++;
}

/* A report block on the stream that comes back under the same payload type (RFC 3550, 6.4.1); its size, or 0. */
static int write_block(const struct stream *s, uint8_t *b, int64_t now) {
  for (int i = 0; i < MAX_INCOMING; i++) {
    const struct incoming *in = &s->leg->incoming[i];
    if (!in->ssrc || in->payload_type != s->payload_type) continue;
    memset(b, 0, 24);
    put32(b, in->ssrc);
    put32(b + 8, in->highest);
    put32(b + 16, in->last_report);
    if (in->last_report) put32(b + 20, (now - in->last_report_ns) * 65536 / SECOND_NS);
    return 24;
  }
  return 0;
}

static void send_report(struct engine *e, struct stream *s, int64_t now) {
  uint8_t b[128];
  int is_sender = s->clip.count > 0, size = is_sender ? 28 : 8;
  int block = write_block(s, b + size, now);
  b[0] = 0x80 | (block ? 1 : 0), b[1] = is_sender ? SR : RR;
  put16(b + 2, (size + block) / 4 - 1);
  put32(b + 4, s->ssrc);
  if (is_sender) {
    put32(b + 8, now / SECOND_NS + 2208988800u); /* NTP counts from 1900 */
    put32(b + 12, (uint32_t)(((now % SECOND_NS) << 32) / SECOND_NS));
    put32(b + 16, s->timestamp), put32(b + 20, s->sent), put32(b + 24, s->octets);
  }
  size += block;
  b[size] = 0x81, b[size + 1] = SDES, put16(b + size + 2, 2), put32(b + size + 4, s->ssrc);
  memcpy(b + size + 8, "\x01\x01x", 4); /* CNAME "x" and the end of the list */
  size += 12;
  if (!e->srtp.protect_rtcp(s->leg->tx, b, &size)) send(s->leg->fd, b, size, MSG_DONTWAIT);
}

static void send_due(struct engine *e, struct stream *s) {
  int64_t now = now_ns();
  while (s->clip.count) {
    const struct packet *p = &s->clip.packets[s->next];
    int64_t due = s->start_ns + ((int64_t)s->loops * s->clip.loop_us + p->due_us) * 1000;
    if (due > now) break;
    if (now >= e->from_ns && now < e->until_ns) count(e->result.late_us, now - due);
    send_media(e, s, p);
    if (++s->next == s->clip.count) s->next = 0, s->loops++;
  }
  if (now >= s->report_ns) {
    s->report_ns = now + SECOND_NS;
    send_report(e, s, now);
  }
}

static void *sender_main(void *arg) {
  struct engine *e = arg;
  struct timespec tick = {0, TICK_NS};
  while (!e->stop) {
    for (int i = 0; i < e->stream_count; i++) send_due(e, &e->streams[i]);
    nanosleep(&tick, NULL);
  }
  return NULL;
}

/* ---- receiving ---- */

static struct incoming *incoming_of(struct leg *l, uint32_t ssrc) {
  for (int i = 0; i < MAX_INCOMING; i++)
    if (l->incoming[i].ssrc == ssrc || !l->incoming[i].ssrc) return &l->incoming[i];
  return NULL;
}

static void take_media(struct engine *e, struct leg *l, uint8_t *b, int size, int64_t at) {
  if (e->srtp.unprotect(l->rx, b, &size)) {
    e->result.unauthentic++;
    return;
  }
  uint16_t sequence = b[2] << 8 | b[3];
  struct incoming *in = incoming_of(l, get32(b + 8));
  if (in && !in->ssrc) in->payload_type = b[1] & 0x7f, in->highest = sequence, in->ssrc = get32(b + 8);
  int16_t ahead = in ? sequence - (uint16_t)in->highest : 0;
  if (ahead > 0) in->highest += ahead;
  if (at >= e->from_ns && at < e->until_ns) e->result.arrived++;
  if (size > 12 + STAMP_BYTES && !memcmp(b + size - STAMP_BYTES, STAMP_MAGIC, 8)) {
    int64_t sent;
    memcpy(&sent, b + size - 8, 8);
    if (sent < e->from_ns || sent >= e->until_ns) return;
    e->result.stamped++;
    count(e->result.latency_us, at - sent);
  }
}

/* Remember when each sender last told its clock: the next report block returns it, which gives the round trip. */
static void take_reports(struct engine *e, struct leg *l, uint8_t *b, int size, int64_t at) {
  if (e->srtp.unprotect_rtcp(l->rx, b, &size)) {
    e->result.unauthentic++;
    return;
  }
  for (int i = 0; i + 8 <= size; i += 4 * ((b[i + 2] << 8 | b[i + 3]) + 1)) {
    struct incoming *in = incoming_of(l, get32(b + i + 4));
    if (b[i + 1] == SR && i + 16 <= size && in && in->ssrc)
      in->last_report = get32(b + i + 10), in->last_report_ns = at;
  }
}

static int64_t arrival(struct msghdr *m) {
  struct cmsghdr *c = CMSG_FIRSTHDR(m);
  struct timespec t;
  if (!c || c->cmsg_type != SCM_TIMESTAMPNS) return now_ns();
  memcpy(&t, CMSG_DATA(c), sizeof t);
  return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void take(struct engine *e, int number, uint8_t *b, int size, int64_t at) {
  struct leg *l = &e->legs[number];
  if (size >= 12 && b[0] >= 128 && b[0] < 192) {
    if (!l->rx) return; /* media of a server that was faster than our handshake */
    if (b[1] >= 192 && b[1] < 224)
      take_reports(e, l, b, size, at);
    else
      take_media(e, l, b, size, at);
    return;
  }
  uint8_t control[4 + DATAGRAM];
  memcpy(control, &number, 4), memcpy(control + 4, b, size);
  send(e->control_fd, control, 4 + size, MSG_DONTWAIT);
}

static void *receiver_main(void *arg) {
  struct engine *e = arg;
  static uint8_t data[BATCH][DATAGRAM], extra[BATCH][64];
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  struct epoll_event events[64];
  struct timespec tick = {0, TICK_NS};
  while (!e->stop) {
    int ready = epoll_wait(e->epoll, events, 64, 0);
    if (!ready) nanosleep(&tick, NULL);
    for (int i = 0; i < ready; i++) {
      int number = events[i].data.u32;
      memset(messages, 0, sizeof messages);
      for (int j = 0; j < BATCH; j++) {
        parts[j] = (struct iovec){data[j], DATAGRAM};
        messages[j].msg_hdr.msg_iov = &parts[j], messages[j].msg_hdr.msg_iovlen = 1;
        messages[j].msg_hdr.msg_control = extra[j], messages[j].msg_hdr.msg_controllen = sizeof extra[j];
      }
      int got = recvmmsg(e->legs[number].fd, messages, BATCH, MSG_DONTWAIT, NULL);
      for (int j = 0; j < got; j++) take(e, number, data[j], messages[j].msg_len, arrival(&messages[j].msg_hdr));
    }
  }
  return NULL;
}

/* ---- what Python calls, from one thread ---- */

struct engine *engine_start(int control_fd, const struct srtp_calls *srtp) {
  struct engine *e = calloc(1, sizeof *e);
  e->control_fd = control_fd, e->srtp = *srtp, e->epoll = epoll_create1(0);
  pthread_create(&e->receiver, NULL, receiver_main, e);
  pthread_create(&e->sender, NULL, sender_main, e);
  return e;
}

void engine_stop(struct engine *e) {
  e->stop = 1;
  pthread_join(e->sender, NULL), pthread_join(e->receiver, NULL);
}

/* Receive from a connected UDP socket; the leg's number, or -1. */
int leg_add(struct engine *e, int fd) {
  int number = e->leg_count, on = 1;
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};
  if (number == MAX_LEGS || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on)) return -1;
  e->legs[number].fd = fd;
  e->leg_count++;
  return epoll_ctl(e->epoll, EPOLL_CTL_ADD, fd, &event) ? -1 : number;
}

void leg_secure(struct engine *e, int number, void *rx, void *tx) {
  e->legs[number].tx = tx;
  __atomic_store_n(&e->legs[number].rx, rx, __ATOMIC_RELEASE);
}

/* Send a clip from `delay_us` from now on, and a report each second; an empty clip sends receiver reports only. */
int stream_start(struct engine *e, int leg, const struct clip *clip, uint32_t ssrc, int payload_type, int stamped,
                 const uint8_t *extension, int extension_size, uint32_t delay_us) {
  if (e->stream_count == MAX_STREAMS || extension_size > 32) return -1;
  struct stream *s = &e->streams[e->stream_count];
  s->leg = &e->legs[leg], s->clip = *clip, s->ssrc = ssrc, s->payload_type = payload_type, s->stamped = stamped;
  memcpy(s->extension, extension, extension_size), s->extension_size = extension_size;
  s->sequence = ssrc & 0x3fff, s->first_timestamp = ssrc;
  s->start_ns = now_ns() + delay_us * 1000LL, s->report_ns = s->start_ns + SECOND_NS;
  __atomic_store_n(&e->stream_count, e->stream_count + 1, __ATOMIC_RELEASE);
  return 0;
}

/* Count from now on, for so long. */
void measure(struct engine *e, uint32_t duration_us) {
  memset(&e->result, 0, sizeof e->result);
  e->from_ns = now_ns();
  e->until_ns = e->from_ns + duration_us * 1000LL;
}

const struct result *results(const struct engine *e) { return &e->result; }
