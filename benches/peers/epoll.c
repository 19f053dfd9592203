/* One process, one thread, one epoll loop, as little as an echo in upper case can do. Its argument is the port. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 512, BACKLOG = 4096, BUFFER = 65536 };

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_on(unsigned short port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* Who is accepted inherits it. */
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, BACKLOG))
        fail("listen");
    return listener;
}

static void watch(int epoll, int op, int fd, unsigned events)
{
    struct epoll_event event = { .events = events, .data.fd = fd };

    if (epoll_ctl(epoll, op, fd, &event))
        fail("epoll_ctl");
}

/* Sends all of it. Who does not read makes everybody else wait: no server for the world. */
static int send_all(int fd, const char *bytes, ssize_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0)
            return -1;
        bytes += sent;
        length -= sent;
    }
    return 0;
}

static void serve(int fd)
{
    static char buffer[BUFFER];
    ssize_t length = recv(fd, buffer, sizeof buffer, 0);

    for (ssize_t i = 0; i < length; i++)
        buffer[i] -= (buffer[i] >= 'a' && buffer[i] <= 'z') ? 'a' - 'A' : 0;
    if (length <= 0 || send_all(fd, buffer, length))
        close(fd);
}

int main(int count, char **arguments)
{
    int listener = listen_on(count > 1 ? atoi(arguments[1]) : 8080);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[EVENTS];

    watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN);
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd != listener) {
                serve(events[i].data.fd);
                continue;
            }
            /* Accepted sockets block: only a read that cannot wait is made on them. */
            int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            if (fd >= 0)
                watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN);
        }
    }
}
