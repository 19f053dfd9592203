/* What socat, ncat and tcpserver start for each connection: copies standard input to standard output, in upper case. Its argument is
   for how many milliseconds it pretends to work before each answer. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    static char buffer[65536];
    long milliseconds = count > 1 ? atol(arguments[1]) : 0;
    struct timespec pause = { .tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000 };
    ssize_t length;

    while ((length = read(0, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < length; i++)
            buffer[i] -= (buffer[i] >= 'a' && buffer[i] <= 'z') ? 'a' - 'A' : 0;
        if (milliseconds > 0)
            nanosleep(&pause, NULL);
        for (ssize_t sent = 0; sent < length;) {
            ssize_t more = write(1, buffer + sent, length - sent);
            if (more < 0)
                return 1;
            sent += more;
        }
    }
    return 0;
}
