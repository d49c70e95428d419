"""How much a media server works for a call, and how long a packet takes through it: Parley beside its peers.

    python -m benchmarks.media                          everything: five runs, about eleven minutes
    python -m benchmarks.media --runs 1 --only parley,janus --loads audio

Needed are two processors, a C compiler (`cc`) and, for the peers, Debian's packages `janus` and `rtpengine-daemon`; one
that is missing is said to be so in the table. Nothing is left behind. Root is not needed, but helps on a machine that
is not idle: servers and clients then go before everything else. The servers are:

- parley: Parley's media worker as its server starts it, every guard and statistic on, recording off.
- janus: Janus with its videocall plugin, stock settings.
- rtpengine: in userspace, with one worker thread.
- relay: aiortc's MediaRelay, which decodes and encodes; at few calls, as it can bear no more.
- media-players: aiortc's MediaPlayer, one for each leg that waits; beside Parley's hold music.

One server runs at a time, on the first processor; the clients run on the second, in a process of their own with a small
C library (`traffic.c`), so that they are much cheaper than what they measure. Each client makes real ICE checks and a
real DTLS handshake and then sends 20 ms Opus packets, for video also VP8 of 640x480, 30 frames and 1 Mbit a second, and
a report each second. SRTP is AES_CM_128_HMAC_SHA1_80 for all. Before each measurement the calls settle for two seconds.

The table shows medians over the runs. The servers take turns within each run, because a machine has moods.

- CPU ms/call-s: user and system time of the server's process, in milliseconds for each second of each call (a call has
  two legs and packets both ways; for music it is one leg).
- x Janus: the median of each run's ratio to Janus in the same run.
- us/packet: the same time for each delivered packet.
- p50, p99: from a client's stamp, written when it sends a packet, to the moment when the kernel takes it from the
  server. What the receiving client needs is not in it; nor does a server work for waking the clients, which look for
  packets once in a millisecond. The relay's packets are new ones and carry no stamp.
- delivered: packets that came out, of those that went in. The relay encodes video with fewer bits.
- other load: what everything else on the machine used, in percent of one processor. More than 10 % is a disturbed run.
- late: the 99th percentile of how late the clients were with their packets; one millisecond is their clock's step.
"""
