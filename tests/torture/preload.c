/* What the torture suite loads into the server: a clock that jumps and workers that are slow to start, as a shared page says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct page {
    int64_t clock_offset_seconds;
    int64_t fork_delay_milliseconds;
};

static const struct page nothing;
static const volatile struct page *page = &nothing;
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static pid_t (*real_fork)(void);

/* Before main, so before any sandbox. */
__attribute__((constructor)) static void begin(void) {
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    real_fork = dlsym(RTLD_NEXT, "fork");
    const char *path = getenv("TORTURE_PAGE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *mapped = mmap(NULL, sizeof(struct page), PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED)
        page = mapped;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = real_clock_gettime(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += page->clock_offset_seconds;
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    (void)zone;
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    now->tv_sec = time.tv_sec;
    now->tv_usec = time.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    if (now)
        *now = time.tv_sec;
    return time.tv_sec;
}

pid_t fork(void) {
    pid_t pid = real_fork();
    /* It may be told meanwhile that it is enough. */
    for (int64_t slept = 0; pid == 0 && slept < page->fork_delay_milliseconds; slept += 5)
        usleep(5000);
    return pid;
}
