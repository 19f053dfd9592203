/* A thread per connection: a thread that reads and answers, and nothing else. Its argument is the port. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, BUFFER = 65536, STACK = 128 * 1024 };

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_on(unsigned short port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* Who is accepted inherits it. */
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, BACKLOG))
        fail("listen");
    return listener;
}

static void *serve(void *connection)
{
    int fd = (int)(intptr_t)connection;
    char buffer[BUFFER];
    ssize_t length;

    while ((length = recv(fd, buffer, sizeof buffer, 0)) > 0) {
        for (ssize_t i = 0; i < length; i++)
            buffer[i] -= (buffer[i] >= 'a' && buffer[i] <= 'z') ? 'a' - 'A' : 0;
        /* A socket that blocks takes all of it, or is gone. */
        if (send(fd, buffer, length, MSG_NOSIGNAL) != length)
            break;
    }
    close(fd);
    return NULL;
}

int main(int count, char **arguments)
{
    int listener = listen_on(count > 1 ? atoi(arguments[1]) : 8080);
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK);
    for (;;) {
        pthread_t thread;
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0 && pthread_create(&thread, &attributes, serve, (void *)(intptr_t)fd))
            close(fd);
    }
}
