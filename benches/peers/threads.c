/* This server's design and nothing else: threads that wait, each of which accepts a connection, reads and answers until it ends, and accepts
   the next. Arguments: the port; how many threads, and so connections at once; for how many milliseconds each pretends to work before an
   answer. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 4096, BUFFER = 65536, STACK = 128 * 1024 };

static int listener;
static struct timespec work;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void listen_on(unsigned short port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    int on = 1;

    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* Who is accepted inherits it. */
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, BACKLOG))
        fail("listen");
}

static void serve(int fd)
{
    char buffer[BUFFER];
    ssize_t length;

    while ((length = recv(fd, buffer, sizeof buffer, 0)) > 0) {
        for (ssize_t i = 0; i < length; i++)
            buffer[i] -= (buffer[i] >= 'a' && buffer[i] <= 'z') ? 'a' - 'A' : 0;
        if (work.tv_nsec)
            nanosleep(&work, NULL);
        /* A socket that blocks takes all of it, or is gone. */
        if (send(fd, buffer, length, MSG_NOSIGNAL) != length)
            break;
    }
    close(fd);
}

static void *slot(void *unused)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0)
            serve(fd);
    }
    return unused;
}

int main(int count, char **arguments)
{
    long threads = count > 2 ? atol(arguments[2]) : 256;
    pthread_attr_t attributes;
    pthread_t thread;

    listen_on(count > 1 ? atoi(arguments[1]) : 8080);
    work.tv_nsec = count > 3 ? atol(arguments[3]) * 1000000 : 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    while (threads-- > 1)
        if (pthread_create(&thread, &attributes, slot, NULL))
            fail("pthread_create");
    slot(NULL);
}
