/* Run a command and write "wall nanoseconds, peak kilobytes, wait status" to a file: measure FILE COMMAND...
 *
 * Why not from Python: a child's peak memory begins with that of the process that started it, and Python's 12 MB
 * would hide what make and ninja need. The peak is that of the largest single process of the tree. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments) {
    if (count < 3) return 2;
    long long begin = now();
    pid_t child = fork();
    if (child == 0) {
        execvp(arguments[2], arguments + 2);
        perror(arguments[2]);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) return 1;
    long long wall = now() - begin;
    FILE *file = fopen(arguments[1], "w");
    if (!file) return 1;
    fprintf(file, "%lld %ld %d\n", wall, usage.ru_maxrss, status);
    return fclose(file) != 0;
}
